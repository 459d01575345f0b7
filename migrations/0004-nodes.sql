-- The nodes that serve this database, each with the last time that it said so. Nothing refers to it; a row that is old is a
-- node that ended without a word. Written once a second by each node: the room in the page keeps that off the indexes.
CREATE TABLE nodes (
  incarnation text PRIMARY KEY CHECK (length(incarnation) BETWEEN 1 AND 64),
  beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
