import pg from 'pg';

/** Everything that a test may have changed beside rows, as one text: shapes, triggers, functions, and rows of migrations. */
const SHAPE = `
  select relname::text || ' ' || relkind::text || ' ' || relhastriggers::text as part
    from pg_class where relnamespace = 'public'::regnamespace
  union all select attrelid::regclass::text || '.' || attname || ' ' || atttypid::text || attnotnull::text || atthasdef::text
    from pg_attribute join pg_class c on c.oid = attrelid
    where relnamespace = 'public'::regnamespace and attnum > 0 and not attisdropped
  union all select tgrelid::regclass::text || ' ' || tgname || ' ' || tgenabled::text from pg_trigger where not tgisinternal
  union all select proname || ' ' || md5(prosrc) from pg_proc where pronamespace = 'public'::regnamespace
  union all select conrelid::regclass::text || ' ' || pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace
  union all select sequencename || ' ' || coalesce(last_value, 0)::text from pg_sequences where schemaname = 'public'
  union all select setconfig::text from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    where datname = current_database()`;

/** How a migrated database looks that nobody has used. */
export interface Pristine {
  readonly shape: string;
  /** Tables with rows of migrations; they are never emptied, and what they hold is part of the shape. */
  readonly seeded: readonly string[];
  readonly emptied: readonly string[];
}

export async function readPristine(url: string): Promise<Pristine> {
  return await inDatabase(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by tablename",
    );
    const seeded: string[] = [];
    for (const { name } of rows) {
      if ((await client.query(`select 1 from "${name}" limit 1`)).rowCount) seeded.push(name);
    }
    const emptied = rows.map(({ name }) => name).filter((name) => !seeded.includes(name));
    return { shape: await readShape(client, seeded), seeded, emptied };
  });
}

/**
 * Empties a used database, which takes a hundredth of the time of making another one. False when more than rows was
 * changed in it: then it is of no use any more.
 */
export async function wipe(url: string, { shape, seeded, emptied }: Pristine): Promise<boolean> {
  return await inDatabase(url, async (client) => {
    // Left over by processes that were killed: whatever they hold locked would be waited for.
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    if ((await readShape(client, seeded)) !== shape) return false;
    // As a replica, no trigger refuses and no reference is looked at.
    const deletions = emptied.map((name) => `delete from "${name}"`).join(';');
    await client.query(`begin; set local session_replication_role = replica; ${deletions}; commit`);
    return true;
  });
}

async function readShape(client: pg.Client, seeded: readonly string[]): Promise<string> {
  const contents = seeded.map((name) => `union all select '${name} ' || r::text from "${name}" r`).join(' ');
  const { rows } = await client.query<{ shape: string }>(
    `select md5(string_agg(part, ',' order by part)) as shape from (${SHAPE} ${contents}) parts`,
  );
  return rows[0]?.shape ?? '';
}

async function inDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
