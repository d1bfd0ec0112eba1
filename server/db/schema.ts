import type { Generated, Kysely, Transaction } from 'kysely';

/**
 * The tables as TypeScript sees them, on both databases: ids and counts are numbers, instants are
 * milliseconds UTC, money is nano-dollars, booleans are 0 or 1, JSON is text.
 */
export interface Schema {
  settings: { name: string; value: string };
  instances: { id: string; started_at: number; heartbeat_at: number };
  users: {
    id: Generated<number>;
    email: string | null;
    /** The address case-folded and in NFKC: what is unique. */
    email_key: string | null;
    email_verified_at: number | null;
    nickname: string;
    password_hash: string | null;
    role: 'member' | 'administrator';
    /** null: the server's DAILY_REQUEST_LIMIT. */
    daily_limit: number | null;
    blocked_at: number | null;
    created_at: number;
    ip_address: string | null;
    last_login: number | null;
    /** Grows with every change by an administrator: a change of an older state is refused. */
    revision: Generated<number>;
  };
  logins: {
    id: Generated<number>;
    user_id: number;
    token_hash: string;
    created_at: number;
    last_seen_at: number;
    expires_at: number;
    ip_address: string | null;
    user_agent: string | null;
  };
  /** Logins at other providers. */
  identities: { id: Generated<number>; user_id: number; provider: string; subject: string; created_at: number };
  /** What an account agreed to when it was made, and where that could be read. */
  consents: { user_id: number; name: string; href: string; given_at: number };
  /** A login that was begun at a provider, until its answer comes. */
  oauth_attempts: {
    state_hash: string;
    /** Of the cookie that the browser got: the answer counts in that browser only. */
    browser_hash: string;
    provider: string;
    code_verifier: string;
    nonce: string | null;
    next: string;
    /** The login that links the provider to its account; null: somebody logs in. */
    login_id: number | null;
    expires_at: number;
  };
  /** A login that a provider has answered for, until the account's second factor is shown. */
  begun_logins: {
    /** As of the attempt: the code counts in that browser only. */
    browser_hash: string;
    user_id: number;
    provider: string;
    subject: string;
    /** The address that the provider vouches for. */
    email_key: string | null;
    next: string;
    expires_at: number;
  };
  mail_tokens: {
    token_hash: string;
    user_id: number;
    purpose: 'verify' | 'reset';
    /** The address it was sent to: another one since makes it void. */
    email_key: string;
    expires_at: number;
  };
  two_factor: {
    user_id: number;
    /** Base32. */
    secret: string;
    /** null: being set up. */
    enabled_at: number | null;
    /** The newest time step whose code was used; no code is taken twice. */
    last_step: number;
  };
  recovery_codes: { user_id: number; code_hash: string };
  blocked_networks: {
    id: Generated<number>;
    cidr: string;
    reason: string;
    /** 1: blocked by itself, for failing too often. */
    automatic: number;
    created_at: number;
    expires_at: number | null;
  };
  audit_log: {
    id: Generated<number>;
    at: number;
    /** Who did it; null: the server. Negative: a deleted account's pseudonym. */
    actor_id: number | null;
    /** Whose account it is about. */
    subject_id: number | null;
    action: string;
    /** JSON; never an address, a name or a secret. */
    detail: string;
    ip_address: string | null;
  };
  bots: {
    id: Generated<number>;
    slug: string;
    name: string;
    description: string;
    instructions: string;
    model: string | null;
    temperature: number | null;
    max_tokens: number | null;
    intake: string;
    default_visibility: 'private' | 'public';
    reads_quotes: number;
    created_at: number;
    updated_at: number;
    /** null: an administrators' bot; else the user who made it through /v1, and its only reader. */
    owner_id: number | null;
    greeting: Generated<string>;
    starters: Generated<string>;
    version: Generated<number>;
    /** Not listed and not to be chosen any more; sessions go on with it. */
    deleted_at: number | null;
  };
  bot_versions: { bot_id: number; version: number; content: string; user_id: number | null; created_at: number };
  sessions: {
    id: Generated<number>;
    user_id: number;
    bot_id: number;
    title: string;
    status: 'intake' | 'ready' | 'open';
    visibility: 'private' | 'public';
    system_prompt: string | null;
    pinned: number;
    /** The last prompt of the branch that is shown. */
    head_id: number | null;
    created_at: number;
    updated_at: number;
    /** The bot's questions as they were when the session began. */
    intake: Generated<string>;
    /** Who wrote the title; a person's own is never replaced. */
    titled_by: Generated<'message' | 'model' | 'user'>;
    /** 1: there is a reply in it. */
    answered: Generated<number>;
  };
  messages: {
    id: Generated<number>;
    session_id: number;
    user_id: number;
    role: 'user' | 'assistant';
    /** 'question', or what an intake question asked for; 'reply' for answers. */
    kind: 'question' | 'current_state' | 'goal' | 'misc' | 'reply';
    /** A prompt's earlier prompt; a reply's prompt. */
    parent_id: number | null;
    content: string;
    status: 'answered' | 'running' | 'done' | 'stopped' | 'failed' | 'interrupted';
    /** 1: this prompt asked the model (a turn of /chat). */
    asked: number;
    /** 1: the reply that its prompt shows. */
    chosen: number;
    model: string | null;
    finish_reason: string | null;
    prompt_tokens: number | null;
    completion_tokens: number | null;
    created_at: number;
    updated_at: number;
    /** Of a reply: earlier turns that did not fit into the model's context window. */
    left_out: number | null;
    /** Of a reply: the quotes that the model was given, as JSON. */
    citations: string | null;
    /** Of a reply: what its owner thinks of it. */
    mark: 'good' | 'bad' | null;
  };
  generations: {
    /** Random; the `stream_id` of the wire. */
    id: string;
    prompt_id: number;
    reply_id: number | null;
    session_id: number;
    user_id: number;
    reservation_id: number;
    state: 'running' | 'done' | 'stopped' | 'failed' | 'interrupted';
    instance_id: string;
    stop_requested: number;
    /** The problem document that ended it, as JSON. */
    error: string | null;
    created_at: number;
    finished_at: number | null;
    /** 1: it takes no unit, for an answer that a failure of ours has cut. */
    free: Generated<number>;
  };
  daily_usage: { user_id: number; day: string; used: number };
  /** Today's count of deleted accounts, by a keyed hash of the address, so that rejoining gives no new units. */
  departed_usage: { address_hash: string; day: string; used: number };
  ledger: {
    id: Generated<number>;
    user_id: number;
    purpose: 'chat' | 'title' | 'gateway';
    model: string;
    day: string;
    units: number;
    state: 'reserved' | 'settled' | 'refunded';
    instance_id: string;
    prompt_tokens: number | null;
    cached_tokens: number | null;
    completion_tokens: number | null;
    estimated: number;
    created_at: number;
    settled_at: number | null;
    key_id: number | null;
    /** `chat/completions`, say; null for what /chat asked. */
    endpoint: string | null;
    bot: string | null;
    /** Whose prices count: an id of spend/price-list.ts. */
    price_list: string | null;
    price_version: string | null;
    /** Nano-dollars; null: the price is unknown. */
    cost: number | null;
    /** Nano-dollars that were set aside, in the budgets that `scopes` names. */
    reserved_cost: Generated<number>;
    scopes: string | null;
    reserved_tokens: Generated<number>;
    cache_write_tokens: Generated<number>;
    reasoning_tokens: Generated<number>;
    /** What else was counted, as JSON: audio, image, seconds, characters. Of an open call: what would settle it now. */
    details: string | null;
    /** 1: answered from the response cache. */
    from_cache: Generated<number>;
    /** HTTP status of the answer. */
    status: number | null;
    /** When it was last noted how far an open call has come. */
    begun_at: number | null;
  };
  api_keys: {
    id: Generated<number>;
    user_id: number;
    name: string;
    key_hash: string;
    /** `sk-daesa-abcd…wxyz`. */
    shown: string;
    /** JSON list; null: all. */
    models: string | null;
    daily_requests: number | null;
    tokens_per_minute: number | null;
    /** Nano-dollars. */
    monthly_budget: number | null;
    expires_at: number | null;
    response_cache: 'off' | 'own' | 'shared';
    created_at: number;
    last_used_at: number | null;
    revoked_at: number | null;
    /** Tokens in the bucket of tokens_per_minute, and when that was so. */
    token_level: number;
    token_level_at: number;
  };
  key_daily_usage: { key_id: number; day: string; used: number };
  /** `scope`: `all` or `key:ID`; nano-dollars of one month. */
  budgets: {
    scope: string;
    month: string;
    reserved: number;
    spent: number;
    /** The highest mark that was told, of `limit_nano`: the budget as it was when money was last set aside. */
    warned: Generated<number>;
    limit_nano: Generated<number | null>;
  };
  budget_notices: {
    id: Generated<number>;
    user_id: number | null;
    key_id: number | null;
    scope: string;
    month: string;
    percent: number;
    limit_nano: number;
    created_at: number;
  };
  /** Where the alerts of a user are posted. */
  alert_webhooks: { user_id: number; url: string; secret: string; created_at: number };
  /** What is to be done after the transaction that left it; done, it is deleted. */
  jobs: {
    id: Generated<number>;
    kind: 'alert_mail' | 'alert_webhook' | 'mail' | 'title';
    /** Whose account it goes with. */
    user_id: number | null;
    /** What it is about, where one such job at a time is enough. */
    subject: string | null;
    /** JSON. */
    detail: string;
    /** Tries that were begun. */
    attempts: Generated<number>;
    /** Milliseconds UTC by the database's clock; 0: at once. */
    due_at: Generated<number>;
  };
  /** How administrators want names of models to be answered, beside the shipped table. */
  model_aliases: {
    name: string;
    /** JSON list. */
    targets: string;
    shutdown_date: string | null;
    source: string;
    changed_at: number;
  };
  /** Keys that a page may hold for some minutes; the key itself opens `sealed_token`, the one it was made with. */
  realtime_secrets: {
    secret_hash: string;
    user_id: number;
    sealed_token: string;
    /** JSON: the session as it was asked for. */
    session: string;
    expires_at: number;
  };
  kept_answers: {
    user_id: number;
    route: string;
    key: string;
    body_hash: string;
    reservation_id: number;
    content_type: string | null;
    answer: string | null;
    created_at: number;
  };
  provider_objects: {
    id: string;
    kind: 'file' | 'job' | 'response' | 'completion' | 'model';
    user_id: number;
    provider: string;
    document: string;
    content: Uint8Array | null;
    created_at: number;
  };
  idempotency_keys: {
    user_id: number;
    route: string;
    key: string;
    body_hash: string;
    generation_id: string;
    created_at: number;
  };
  quotes: {
    id: Generated<number>;
    user_id: number;
    content: string;
    speaker: string | null;
    episode: string | null;
    situation: string | null;
    /** Everything that is searched, folded. */
    folded: string;
    status: 'requested' | 'planned' | 'applied' | 'declined';
    is_apply: number;
    reply: string | null;
    votes: number;
    /** The quote that this one was found to be the same as. */
    merged_into: number | null;
    created_at: number;
    updated_at: number;
    applied_at: number | null;
  };
  quote_votes: { quote_id: number; user_id: number; created_at: number };
  quote_grams: { gram: number; quote_id: number };
  notices: {
    id: Generated<number>;
    user_id: number;
    kind: 'quote_status' | 'quote_reply' | 'quote_merged';
    quote_id: number | null;
    detail: string;
    created_at: number;
    read_at: number | null;
  };
  snapshots: {
    /** Random; the address of the page. */
    id: string;
    session_id: number | null;
    user_id: number | null;
    /** The nickname at the time; null: anonymous. */
    author: string | null;
    title: string;
    bot: string;
    /** The turns, as JSON. */
    content: string;
    listed: number;
    created_at: number;
    updated_at: number;
    expires_at: number | null;
    revoked_at: number | null;
    hidden_at: number | null;
  };
  snapshot_reports: { snapshot_id: string; reporter: string; reason: string; created_at: number };
  assistants: {
    id: Generated<number>;
    /** `asst_…` of the wire; the slug of its bot. */
    public_id: string;
    user_id: number;
    bot_id: number;
    /** What the wire says of it, as JSON. */
    document: string;
    created_at: number;
  };
  /** A session that the Assistants API knows. */
  threads: {
    session_id: number;
    public_id: string;
    user_id: number;
    /** JSON, as `tool_resources`. */
    metadata: string;
    tool_resources: string;
    created_at: number;
  };
  /** What a message of a thread has beyond the session's message. */
  thread_messages: {
    message_id: number;
    public_id: string;
    /** The parts, as JSON; null where the message is one plain text. */
    content: string | null;
    attachments: string;
    metadata: string;
    assistant_id: string | null;
    run_id: string | null;
    status: 'in_progress' | 'incomplete' | 'completed';
    incomplete_reason: string | null;
    ended_at: number | null;
  };
  runs: {
    id: Generated<number>;
    public_id: string;
    user_id: number;
    session_id: number;
    /** The prompt that it answers; null where the thread's last prompt has an answer already. */
    prompt_id: number | null;
    assistant_id: string;
    key_id: number | null;
    status: RunStatus;
    /** What is asked and how, as JSON. */
    document: string;
    metadata: string;
    last_error: string | null;
    incomplete_reason: string | null;
    prompt_tokens: Generated<number>;
    completion_tokens: Generated<number>;
    /** Of the call that is under way. */
    reservation_id: number | null;
    instance_id: string;
    idempotency_key: string | null;
    body_hash: string | null;
    created_at: number;
    started_at: number | null;
    expires_at: number;
    /** null: it is the active run of its thread. */
    ended_at: number | null;
  };
  run_steps: {
    id: Generated<number>;
    public_id: string;
    run_id: number;
    kind: 'message_creation' | 'tool_calls';
    status: 'in_progress' | 'cancelled' | 'failed' | 'completed' | 'expired';
    /** `step_details` of the wire, as JSON. */
    details: string;
    last_error: string | null;
    prompt_tokens: number | null;
    completion_tokens: number | null;
    created_at: number;
    ended_at: number | null;
  };
  vector_stores: {
    id: Generated<number>;
    public_id: string;
    user_id: number;
    name: string;
    metadata: string;
    /** It is gone so many days after its last use; null: never. */
    expires_days: number | null;
    last_active_at: number;
    created_at: number;
  };
  vector_batches: { id: Generated<number>; public_id: string; store_id: number; created_at: number };
  vector_files: {
    id: Generated<number>;
    store_id: number;
    file_id: string;
    batch_id: number | null;
    status: 'in_progress' | 'completed' | 'cancelled' | 'failed';
    last_error: string | null;
    usage_bytes: number;
    attributes: string;
    chunking: string;
    /** The API key whose budget its embeddings count in. */
    key_id: number | null;
    instance_id: string;
    created_at: number;
  };
  file_chunks: {
    vector_file_id: number;
    position: number;
    content: string;
    /** What the embedding was made with; null: it is searched by its words. */
    model: string | null;
    /** Little-endian 32-bit floats of length 1. */
    embedding: Uint8Array | null;
  };
}

export type RunStatus =
  | 'queued'
  | 'in_progress'
  | 'requires_action'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'completed'
  | 'incomplete'
  | 'expired';

/** A connection to read from; a write function's `Trx` can be given wherever this is asked for. */
export type Db = Kysely<Schema>;
/** What a write function gets: everything it does is one transaction. */
export type Trx = Transaction<Schema>;
