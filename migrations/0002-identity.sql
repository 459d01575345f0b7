-- What proves who somebody is. Secrets are stored as hashes only.

-- A claimed address is neither unique nor shown nor good for anything until it is confirmed.
CREATE TABLE user_emails (
  user_id      uuid PRIMARY KEY REFERENCES users (id),
  address      text NOT NULL CHECK (char_length(address) BETWEEN 6 AND 254),
  confirmed_at timestamptz(3)
);
CREATE UNIQUE INDEX user_emails_confirmed ON user_emails (address) WHERE confirmed_at IS NOT NULL;

CREATE TABLE credentials (
  user_id       uuid PRIMARY KEY REFERENCES users (id),
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  changed_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE sessions (
  id              uuid PRIMARY KEY,
  user_id         uuid NOT NULL REFERENCES users (id),
  kind            text NOT NULL CHECK (kind IN ('session', 'guest')),
  device_name     text,
  device_platform text,
  device_version  text,
  created_at      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  last_used_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  expires_at      timestamptz(3) NOT NULL,
  ended_at        timestamptz(3),
  ended_by        text,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
  CHECK ((device_name IS NULL) = (device_platform IS NULL) AND (device_name IS NULL) = (device_version IS NULL))
);
CREATE INDEX sessions_by_user ON sessions (user_id);

-- Spent tokens stay until they expire: one that comes again tells that somebody else holds a copy.
CREATE TABLE refresh_tokens (
  hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  session_id uuid NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  expires_at timestamptz(3) NOT NULL,
  used_at    timestamptz(3)
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- A subject alone means nothing: two issuers may both have a user 42.
CREATE TABLE outside_identities (
  issuer     text NOT NULL CHECK (char_length(issuer) BETWEEN 1 AND 512),
  subject    text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 255),
  -- Deferred: the identity is claimed first, so that of racing first uses only one makes a user.
  user_id    uuid NOT NULL REFERENCES users (id) DEFERRABLE INITIALLY DEFERRED,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (issuer, subject)
);

CREATE TABLE api_keys (
  id         uuid PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users (id),
  name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 64),
  hash       bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz(3),
  revoked_at timestamptz(3)
);
CREATE INDEX api_keys_by_user ON api_keys (user_id) WHERE revoked_at IS NULL;
