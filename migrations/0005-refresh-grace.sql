-- The token that took the place of a spent one, so that a renewal whose answer was lost can be asked for once more.
-- A spent one without it was made void by such a repetition, or spent before this column was there.
ALTER TABLE refresh_tokens
  ADD COLUMN successor bytea CHECK (octet_length(successor) = 32),
  ADD CHECK (successor IS NULL OR used_at IS NOT NULL);
