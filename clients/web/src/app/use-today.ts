import { useEffect, useState } from 'react';

/** Rendered again when a new day begins. */
export const useToday = (): Date => {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
    const timer = setTimeout(() => setNow(new Date()), Math.max(tomorrow.getTime() - Date.now(), 1_000));
    return () => clearTimeout(timer);
  }, [now]);
  return now;
};
