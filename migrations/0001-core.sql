-- Users, conversations, participants, messages.
-- Counters are bigint with a check below 2^53, because they travel as JavaScript numbers.

CREATE DOMAIN counter AS bigint CHECK (VALUE BETWEEN 0 AND 9007199254740991);
CREATE DOMAIN positive_counter AS bigint CHECK (VALUE BETWEEN 1 AND 9007199254740991);

CREATE TABLE users (
  id           uuid PRIMARY KEY,
  handle       text UNIQUE CHECK (handle ~ '^[a-z0-9_]{3,32}$'),
  display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 64),
  urev         counter NOT NULL DEFAULT 0,
  profile_urev counter NOT NULL DEFAULT 0,
  created_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  disabled_at  timestamptz(3)
) WITH (fillfactor = 80);

-- Constraints stand in domains where they can: a CHECK of the table is parsed anew by each statement that writes to it, for
-- each partition, and these two tables are written to by every send.
CREATE DOMAIN conversation_kind AS text CHECK (VALUE IN ('private', 'group'));
CREATE DOMAIN conversation_title AS text CHECK (char_length(VALUE) BETWEEN 1 AND 128);
CREATE DOMAIN message_type AS text CHECK (VALUE IN ('text', 'system', 'image', 'file'));
CREATE DOMAIN message_content AS text CHECK (octet_length(VALUE) <= 20000);

-- The row that every change of a conversation locks first. No index on its counters, so that updates stay HOT.
CREATE TABLE conversations (
  id                  uuid PRIMARY KEY,
  kind                conversation_kind NOT NULL,
  title               conversation_title,
  created_by          uuid NOT NULL REFERENCES users (id),
  members_can_invite  boolean NOT NULL DEFAULT false,
  history_visible     boolean NOT NULL DEFAULT true,
  seq                 counter NOT NULL DEFAULT 0,
  rev                 counter NOT NULL DEFAULT 0,
  -- the rev of the last change of this row's own fields (title, policies, deletion)
  changed_rev         counter NOT NULL DEFAULT 0,
  -- a block stands between the two of a private conversation; kept by whoever changes a block, under this row's lock
  send_blocked        boolean NOT NULL DEFAULT false,
  member_count        integer NOT NULL DEFAULT 0,
  created_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  active_at           timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  deleted_at          timestamptz(3),
  UNIQUE (id, kind),
  CHECK ((kind = 'group') = (title IS NOT NULL) AND seq <= rev)
) WITH (fillfactor = 70);

-- Never deleted: a former member keeps the row with left_rev, so that messages keep their author.
CREATE TABLE participants (
  conversation_id uuid NOT NULL,
  user_id         uuid NOT NULL REFERENCES users (id),
  kind            conversation_kind NOT NULL,
  slot            smallint CHECK (slot IN (1, 2)),
  role            text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
  first_seq       counter NOT NULL DEFAULT 1,
  read_seq        counter NOT NULL DEFAULT 0,
  delivered_seq   counter NOT NULL DEFAULT 0,
  rev             counter NOT NULL,
  -- the rev at which they (last) joined; a cursor from before it is of another membership
  joined_rev      counter NOT NULL,
  left_rev        counter,
  urev            counter NOT NULL DEFAULT 0,
  muted_until     timestamptz(3),
  archived        boolean NOT NULL DEFAULT false,
  joined_at       timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (conversation_id, user_id),
  FOREIGN KEY (conversation_id, kind) REFERENCES conversations (id, kind),
  CHECK ((kind = 'private') = (slot IS NOT NULL)),
  CHECK (kind = 'group' OR left_rev IS NULL)
) WITH (fillfactor = 80);
CREATE INDEX participants_by_user ON participants (user_id) WHERE left_rev IS NULL;
-- every change of a conversation asks how many owners it has
CREATE INDEX participants_owners ON participants (conversation_id) WHERE role = 'owner' AND left_rev IS NULL;
-- Partial, though every row counts: a lookup by key does not imply the predicate, so a planner that knows nothing of the
-- table's size can't take one of these for it. Asking for what came after some rev does.
CREATE INDEX participants_by_urev ON participants (user_id, urev) WHERE urev > 0;
CREATE INDEX participants_by_rev ON participants (conversation_id, rev) WHERE rev > 0;
-- exactly two fit into a private conversation, whatever the application believes
CREATE UNIQUE INDEX participants_by_slot ON participants (conversation_id, slot) WHERE slot IS NOT NULL;

CREATE TABLE private_pairs (
  low             uuid NOT NULL REFERENCES users (id),
  high            uuid NOT NULL REFERENCES users (id),
  conversation_id uuid NOT NULL UNIQUE REFERENCES conversations (id),
  PRIMARY KEY (low, high),
  CHECK (low < high)
);

CREATE TABLE blocks (
  user_id    uuid NOT NULL REFERENCES users (id),
  blocked_id uuid NOT NULL REFERENCES users (id),
  urev       counter NOT NULL,
  -- a lifted block stays as a tombstone, so that the user's other devices learn of it
  lifted     boolean NOT NULL DEFAULT false,
  since      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (user_id, blocked_id),
  CHECK (user_id <> blocked_id)
);
CREATE INDEX blocks_by_urev ON blocks (user_id, urev);

CREATE TABLE messages (
  conversation_id uuid NOT NULL,
  seq             positive_counter NOT NULL,
  id              uuid NOT NULL,
  rev             positive_counter NOT NULL,
  -- the rev of the send, which a resend gets again whatever happened to the message since
  sent_rev        positive_counter NOT NULL,
  sender_id       uuid NOT NULL,
  type            message_type NOT NULL,
  -- null once deleted; for a system entry JSON that says what happened
  content         message_content,
  -- of what was first sent; a resend is compared with it, also after an edit or a delete
  content_hash    bytea NOT NULL,
  reply_to        positive_counter,
  sent_at         timestamptz(3) NOT NULL,
  edited_at       timestamptz(3),
  deleted_at      timestamptz(3),
  PRIMARY KEY (conversation_id, seq),
  -- the id first: ids begin with their time, so new ones go to the right edge of the index
  UNIQUE (id, conversation_id),
  FOREIGN KEY (conversation_id, sender_id) REFERENCES participants (conversation_id, user_id),
  CHECK ((content IS NULL) = (deleted_at IS NOT NULL))
) PARTITION BY HASH (conversation_id);
-- Partial as those of participants: the look for a resend once took this one and read whole conversations.
CREATE INDEX messages_by_rev ON messages (conversation_id, rev) WHERE rev > 0;

DO $$
BEGIN
  FOR n IN 0..15 LOOP
    EXECUTE format('CREATE TABLE messages_p%s PARTITION OF messages FOR VALUES WITH (MODULUS 16, REMAINDER %s)', lpad(n::text, 2, '0'), n);
  END LOOP;
END $$;

-- Bumped by an operator after a restore; part of the epoch that every client cursor carries.
CREATE TABLE epoch_bump (
  one  boolean PRIMARY KEY DEFAULT true CHECK (one),
  bump bigint NOT NULL DEFAULT 0
);
INSERT INTO epoch_bump DEFAULT VALUES;

-- The hot path, for many sends at once. Answers one row of arrays, in the order of the input: a row for each send costs
-- more to send and to read than all the rest of its answer. Verdicts: 0 stored, 1 stored before, 2 no such conversation for this sender,
-- 3 the id is taken, 4 blocked, 5 the answered message is not there, 6 somebody else holds the conversation's lock.
--
-- The lock is a statement of its own: the next statement's snapshot is then newer than the lock, so a removal or a
-- send that committed meanwhile is seen. In one statement a removed member's message was accepted, as a trial showed.
-- What is compared with is a hash of type, reply_to and content, of which only the last may hold a separator.
-- The duplicate test comes before the count, so no number is burnt. An id may occur once per call.
CREATE FUNCTION append_messages(
  p_wait boolean, p_conversation uuid[], p_sender uuid[], p_id uuid[], p_type text[], p_reply_to bigint[], p_content text[]
) RETURNS TABLE (verdicts integer[], seqs bigint[], revs bigint[], sent_ats double precision[])
  LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  v_locked uuid[];
  v_now timestamptz(3);
BEGIN
  IF p_wait THEN
    v_locked := ARRAY(SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversation) ORDER BY c.id FOR NO KEY UPDATE);
  ELSE
    v_locked := ARRAY(SELECT c.id FROM conversations c WHERE c.id = ANY (p_conversation) ORDER BY c.id FOR NO KEY UPDATE SKIP LOCKED);
  END IF;
  v_now := clock_timestamp();

  -- Each lookup is LATERAL with a LIMIT, which pins it to the index of its key whatever the statistics say.
  RETURN QUERY
  WITH judged AS MATERIALIZED (
    SELECT i.*, h.hash, c.seq AS head_seq, c.rev AS head_rev, m.seq AS old_seq, m.sent_rev AS old_rev, m.sent_at AS old_sent_at,
      CASE
        WHEN c.seq IS NULL THEN 2
        WHEN i.conversation_id <> ALL (v_locked) THEN 6
        WHEN m.sender_id = i.sender_id AND m.content_hash = h.hash THEN 1
        WHEN p.first_seq IS NULL THEN 2
        WHEN m.seq IS NOT NULL THEN 3
        WHEN c.send_blocked THEN 4
        WHEN i.reply_to IS NOT NULL AND NOT EXISTS (
          SELECT 1 FROM messages q
          WHERE q.conversation_id = i.conversation_id AND q.seq = i.reply_to AND q.deleted_at IS NULL AND i.reply_to >= p.first_seq
        ) THEN 5
        ELSE 0
      END AS verdict
    FROM unnest(p_conversation, p_sender, p_id, p_type, p_reply_to, p_content)
      WITH ORDINALITY AS i (conversation_id, sender_id, id, type, reply_to, content, ord)
    CROSS JOIN LATERAL (SELECT sha256(convert_to(i.type || chr(31) || coalesce(i.reply_to::text, '') || chr(31) || i.content, 'UTF8')) AS hash OFFSET 0) h
    LEFT JOIN LATERAL (
      SELECT k.seq, k.rev, k.send_blocked FROM conversations k WHERE k.id = i.conversation_id LIMIT 1
    ) c ON true
    LEFT JOIN LATERAL (
      SELECT CASE WHEN k.left_rev IS NULL THEN k.first_seq END AS first_seq
      FROM participants k WHERE k.conversation_id = i.conversation_id AND k.user_id = i.sender_id LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
      SELECT k.sender_id, k.content_hash, k.seq, k.sent_rev, k.sent_at
      FROM messages k WHERE k.conversation_id = i.conversation_id AND k.id = i.id LIMIT 1
    ) m ON true
  ), numbered AS MATERIALIZED (
    SELECT j.*, count(*) FILTER (WHERE j.verdict = 0) OVER (PARTITION BY j.conversation_id ORDER BY j.ord) AS n
    FROM judged j
  ), stored AS (
    INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, reply_to, sent_at)
    SELECT n.conversation_id, n.head_seq + n.n, n.id, n.head_rev + n.n, n.head_rev + n.n, n.sender_id, n.type, n.content, n.hash, n.reply_to, v_now
    FROM numbered n WHERE n.verdict = 0
  ), counted AS (
    UPDATE conversations c SET seq = c.seq + x.n, rev = c.rev + x.n, active_at = v_now
    FROM (SELECT n.conversation_id, max(n.n) AS n FROM numbered n WHERE n.verdict = 0 GROUP BY n.conversation_id) x
    WHERE c.id = x.conversation_id
  )
  SELECT array_agg(n.verdict ORDER BY n.ord),
    array_agg(coalesce(n.old_seq, n.head_seq + n.n)::bigint ORDER BY n.ord),
    array_agg(coalesce(n.old_rev, n.head_rev + n.n)::bigint ORDER BY n.ord),
    array_agg(extract(epoch FROM coalesce(n.old_sent_at, v_now))::double precision * 1000 ORDER BY n.ord)
  FROM numbered n;
END $$;

-- The same for a send that came alone: one row's statements cost less than half of a batch of one. Never waits.
CREATE FUNCTION append_message(
  p_conversation uuid, p_sender uuid, p_id uuid, p_type text, p_reply_to bigint, p_content text
) RETURNS TABLE (verdict integer, seq bigint, rev bigint, sent_at double precision)
  LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
  v_hash bytea := sha256(convert_to(p_type || chr(31) || coalesce(p_reply_to::text, '') || chr(31) || p_content, 'UTF8'));
  v_now timestamptz(3);
  c record;
  s record;
BEGIN
  SELECT k.seq, k.rev, k.send_blocked INTO c FROM conversations k WHERE k.id = p_conversation FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    verdict := CASE WHEN EXISTS (SELECT 1 FROM conversations e WHERE e.id = p_conversation) THEN 6 ELSE 2 END;
    RETURN NEXT;
    RETURN;
  END IF;
  v_now := clock_timestamp();
  SELECT p.first_seq, m.sender_id, m.content_hash, m.seq, m.sent_rev, m.sent_at INTO s
  FROM (VALUES (1)) AS one
  LEFT JOIN LATERAL (
    SELECT CASE WHEN k.left_rev IS NULL THEN k.first_seq END AS first_seq
    FROM participants k WHERE k.conversation_id = p_conversation AND k.user_id = p_sender LIMIT 1
  ) p ON true
  LEFT JOIN LATERAL (
    SELECT k.sender_id, k.content_hash, k.seq, k.sent_rev, k.sent_at
    FROM messages k WHERE k.conversation_id = p_conversation AND k.id = p_id LIMIT 1
  ) m ON true;
  IF s.sender_id = p_sender AND s.content_hash = v_hash THEN
    verdict := 1; seq := s.seq; rev := s.sent_rev; sent_at := extract(epoch FROM s.sent_at)::double precision * 1000;
    RETURN NEXT;
    RETURN;
  END IF;
  verdict := CASE
    WHEN s.first_seq IS NULL THEN 2
    WHEN s.sender_id IS NOT NULL THEN 3
    WHEN c.send_blocked THEN 4
    ELSE 0
  END;
  -- apart, for an expression with a query in it is a statement, and most sends answer nothing
  IF verdict = 0 AND p_reply_to IS NOT NULL THEN
    PERFORM 1 FROM messages q
      WHERE q.conversation_id = p_conversation AND q.seq = p_reply_to AND q.deleted_at IS NULL AND p_reply_to >= s.first_seq;
    IF NOT FOUND THEN
      verdict := 5;
    END IF;
  END IF;
  IF verdict = 0 THEN
    seq := c.seq + 1; rev := c.rev + 1; sent_at := extract(epoch FROM v_now)::double precision * 1000;
    WITH counted AS (
      UPDATE conversations k SET seq = c.seq + 1, rev = c.rev + 1, active_at = v_now WHERE k.id = p_conversation
    )
    INSERT INTO messages (conversation_id, seq, id, rev, sent_rev, sender_id, type, content, content_hash, reply_to, sent_at)
      VALUES (p_conversation, c.seq + 1, p_id, c.rev + 1, c.rev + 1, p_sender, p_type, p_content, v_hash, p_reply_to, v_now);
  END IF;
  RETURN NEXT;
END $$;
