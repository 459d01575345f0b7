-- The one thing of presence that lasts. A table of its own: it is written far more often than anything else of a user, and by
-- transactions that must not wait for those who hold users.
CREATE TABLE last_seen (
  user_id uuid PRIMARY KEY REFERENCES users (id),
  at      timestamptz(3) NOT NULL
) WITH (fillfactor = 70);

ALTER TABLE users ADD COLUMN last_seen_visible boolean NOT NULL DEFAULT true;
