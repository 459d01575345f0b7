-- The one definition of unread: others' undeleted messages after a read cursor; entries of the server don't count.
-- Counts to 1,001 and no further: one more than is told exactly.
--
-- A function, because its plan is made once per connection: planned inside another statement, the sixteen partitions
-- cost more than the counting. The settings keep it on the primary key in its order, so that it stops at the limit; with
-- a sort or a bitmap it would first collect all that is unread.
CREATE FUNCTION unread_count(p_conversation uuid, p_user uuid, p_after bigint) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  SET plan_cache_mode = force_generic_plan
  SET enable_seqscan = off
  SET enable_bitmapscan = off
  SET enable_sort = off
AS $$
BEGIN
  RETURN (
    SELECT count(*) FROM (
      SELECT FROM messages m
      WHERE m.conversation_id = p_conversation AND m.seq > p_after
        AND m.sender_id <> p_user AND m.type <> 'system' AND m.deleted_at IS NULL
      ORDER BY m.seq LIMIT 1001
    ) counted
  );
END $$;
