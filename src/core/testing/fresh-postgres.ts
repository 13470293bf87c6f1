import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { migrations } from '../../../migrations/index.ts';
import { type DatabaseOptions, migrateUp, openDatabase } from '../database/index.ts';
import { silentLog } from '../log.ts';
import { Secret } from '../secret.ts';
import { systemClock } from '../time.ts';
import { schemaFingerprint } from './schema-fingerprint.ts';
import type { TestPlace } from './test-place.ts';
import { type Pristine, readPristine, wipe } from './wiped-postgres.ts';

const TEMPLATE_LOCK = 4_711_202_602;
const POOL_MAX = 8;

/** Migrated databases of this process that a test was done with; the next one gets them emptied. */
const spares: string[] = [];
let pristine: Promise<Pristine> | null = null;

/** A database of its own on the server of REALMS_TEST_POSTGRES_URL, migrated and without rows, or empty. */
export async function postgresPlace(content: 'migrated' | 'empty'): Promise<TestPlace> {
  if (content === 'empty') {
    const name = await create('template0');
    return { options: optionsFor(name), remove: async () => await drop(name) };
  }
  const name = (await takeSpare()) ?? (await createMigrated());
  return { options: optionsFor(name), remove: async () => void spares.push(name) };
}

/** Removes what nobody will use any more. */
export async function dropSpares(): Promise<void> {
  for (const name of spares.splice(0)) await drop(name);
}

async function takeSpare(): Promise<string | null> {
  for (let name = spares.pop(); name !== undefined; name = spares.pop()) {
    if (pristine && (await wipe(urlOf(name), await pristine))) return name;
    await drop(name);
  }
  return null;
}

async function createMigrated(): Promise<string> {
  let template = '';
  await asSuperuser(async (admin) => {
    template = await migratedTemplate(admin);
  });
  const name = await create(template);
  pristine ??= readPristine(urlOf(name));
  await pristine;
  return name;
}

async function create(template: string): Promise<string> {
  const name = `realms_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await asSuperuser((admin) => admin.query(`create database ${name} template ${template}`));
  return name;
}

async function drop(name: string): Promise<void> {
  await asSuperuser((admin) => admin.query(`drop database if exists ${name} with (force)`));
}

/** Made by whichever test process comes first; the others wait for the lock. */
async function migratedTemplate(admin: pg.Client): Promise<string> {
  const template = `realms_template_${schemaFingerprint()}`;
  await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const found = await admin.query('select 1 from pg_database where datname = $1', [template]);
    if (found.rowCount === 1) return template;
    const draft = `${template}_draft`;
    await admin.query(`drop database if exists ${draft} with (force)`);
    await admin.query(`create database ${draft} template template0`);
    const database = await openDatabase(optionsFor(draft), silentLog);
    try {
      await migrateUp(database, migrations, systemClock);
    } finally {
      await database.close();
    }
    await admin.query(`alter database ${draft} rename to ${template}`);
    return template;
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

function optionsFor(name: string): DatabaseOptions {
  return { kind: 'postgres', url: new Secret(urlOf(name)), poolMax: POOL_MAX };
}

function urlOf(name: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

async function asSuperuser(work: (admin: pg.Client) => Promise<unknown>): Promise<void> {
  const admin = new pg.Client({ connectionString: serverUrl() });
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function serverUrl(): string {
  const url = process.env['REALMS_TEST_POSTGRES_URL'];
  if (url === undefined) throw new Error('REALMS_TEST_POSTGRES_URL is not set; run the tests through vitest');
  return url;
}
