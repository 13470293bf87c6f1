import { type Database, rawRows } from '../database/index.ts';

/** A schema without anything that only one of the two databases says. */
export type PortableSchema = Readonly<Record<string, PortableTable>>;

export interface PortableTable {
  /** `name` to `type`, with `null` behind it where NULL is allowed and `= x` for a default. */
  readonly columns: Readonly<Record<string, string>>;
  readonly primaryKey: readonly string[];
  readonly uniques: readonly string[];
  readonly indexes: readonly string[];
  readonly foreignKeys: readonly string[];
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly nullable: number;
  readonly default_value: string | null;
  readonly key_position: number;
}

interface IndexRow {
  readonly name: string;
  readonly is_unique: number;
  readonly columns: string;
  readonly is_partial: number;
}

interface ForeignKeyRow {
  readonly columns: string;
  readonly target: string;
  readonly on_delete: string;
}

/** What the tests compare: both databases must give the same. */
export async function readPortableSchema(database: Database): Promise<PortableSchema> {
  const sql = database.dialect === 'sqlite' ? SQLITE : POSTGRES;
  const tables = await rawRows<{ name: string }>(database.knex, sql.tables);
  const schema: Record<string, PortableTable> = {};
  for (const { name } of tables) {
    const columns = await rawRows<ColumnRow>(database.knex, sql.columns, [name]);
    const indexes = await rawRows<IndexRow>(database.knex, sql.indexes, [name]);
    const foreignKeys = await rawRows<ForeignKeyRow>(database.knex, sql.foreignKeys, [name]);
    const key = columns.filter((column) => column.key_position > 0);
    schema[name] = {
      columns: Object.fromEntries(columns.map((column) => [column.name, describeColumn(column)])),
      primaryKey: key.sort((a, b) => a.key_position - b.key_position).map((column) => column.name),
      uniques: indexes
        .filter((index) => index.is_unique === 1)
        .map(describeIndex)
        .sort(byText),
      indexes: indexes
        .filter((index) => index.is_unique === 0)
        .map(describeIndex)
        .sort(byText),
      foreignKeys: foreignKeys
        .map((row) => `${row.columns} -> ${row.target} on delete ${row.on_delete.toLowerCase()}`)
        .sort(byText),
    };
  }
  return schema;
}

function describeColumn({ type, nullable, default_value: value }: ColumnRow): string {
  const isInteger = /int/i.test(type);
  const portable = isInteger ? 'int' : /text|char/i.test(type) ? 'text' : type;
  // 'x'::text, '0' and 0 are all ways to say the same.
  const bare = value?.replace(/::[a-z ]+$/, '').replace(/^'(.*)'$/, '$1');
  return `${portable}${nullable === 1 ? ' null' : ''}${bare === undefined ? '' : ` = ${bare}`}`;
}

function describeIndex({ name, columns, is_partial }: IndexRow): string {
  // SQLite gives the index of a UNIQUE inside of CREATE TABLE no name of its own.
  const shown = name.startsWith('sqlite_autoindex') ? '' : `${name} `;
  return `${shown}(${columns})${is_partial === 1 ? ' partial' : ''}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const SQLITE = {
  tables: `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name`,
  columns: `select name, type, 1 - "notnull" as nullable, dflt_value as default_value, pk as key_position
    from pragma_table_info(?) order by cid`,
  indexes: `select l.name, l."unique" as is_unique, l.partial as is_partial,
      (select group_concat(coalesce(i.name, '<expression>'), ',') from pragma_index_info(l.name) i) as columns
    from pragma_index_list(?) l where l.origin <> 'pk'`,
  foreignKeys: `select group_concat("from", ',') as columns, "table" || '(' || group_concat("to", ',') || ')' as target,
      on_delete from pragma_foreign_key_list(?) group by id`,
};

const POSTGRES = {
  tables: `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  columns: `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      case when a.attnotnull then 0 else 1 end as nullable, pg_get_expr(d.adbin, d.adrelid) as default_value,
      coalesce(array_position(k.conkey, a.attnum), 0) as key_position
    from pg_attribute a
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join pg_constraint k on k.conrelid = a.attrelid and k.contype = 'p'
    where a.attrelid = (?::text)::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
  indexes: `select c.relname as name, case when i.indisunique then 1 else 0 end as is_unique,
      case when i.indpred is null then 0 else 1 end as is_partial,
      (select string_agg(coalesce(a.attname, '<expression>'), ',' order by p.position)
        from unnest(i.indkey::int[]) with ordinality p(attnum, position)
        left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = p.attnum) as columns
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = (?::text)::regclass and not i.indisprimary`,
  foreignKeys: `select
      (select string_agg(a.attname, ',' order by p.position) from unnest(k.conkey) with ordinality p(attnum, position)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.attnum) as columns,
      k.confrelid::regclass || '(' ||
      (select string_agg(a.attname, ',' order by p.position) from unnest(k.confkey) with ordinality p(attnum, position)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = p.attnum) || ')' as target,
      case k.confdeltype when 'a' then 'no action' when 'r' then 'restrict' when 'c' then 'cascade'
        when 'n' then 'set null' else 'set default' end as on_delete
    from pg_constraint k where k.conrelid = (?::text)::regclass and k.contype = 'f'`,
};
