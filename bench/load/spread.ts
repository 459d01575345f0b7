/** So that who talks with whom and who is where have nothing to do with each other: the mixing step of MurmurHash3. */
function mixed(index: number): number {
  let hash = index + 1;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Which of so many servers a member is connected to: by chance, as behind a load balancer, and the same in every run. */
export const serverOf = (member: number, servers: number): number => mixed(member) % servers;
