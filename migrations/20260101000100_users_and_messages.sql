-- migrate:up
CREATE TYPE message_role AS ENUM ('user', 'assistant', 'system');

CREATE TABLE users (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    email      text NOT NULL UNIQUE,
    name       text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE conversations (
    id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    user_id    bigint NOT NULL REFERENCES users (id),
    title      text NOT NULL,
    settings   jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);

CREATE INDEX conversations_user_id ON conversations (user_id);

CREATE TABLE messages (
    id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    conversation_id bigint NOT NULL REFERENCES conversations (id),
    role            message_role NOT NULL,
    body            text NOT NULL,
    created_at      timestamptz NOT NULL
);

CREATE INDEX messages_conversation_id ON messages (conversation_id, created_at);

-- migrate:down
DROP TABLE messages, conversations, users;
DROP TYPE message_role;
