import { Failure } from '../failure.ts';
import type { Random } from '../random.ts';
import { Secret } from '../secret.ts';
import type { EpochMs } from '../time.ts';
import { openEnvelope, parseEnvelope, sealEnvelope } from './envelope.ts';
import { type KeyringDocument, withNewPrimary } from './keyring-document.ts';
import { type FileMark, markOf, readKeyringFile, replaceKeyringFile } from './keyring-file.ts';

const NONCE_BYTES = 12;

/** Seals secrets for the database with AES-256-GCM. Random nonces are safe for 2^32 secrets under one key. */
export class Keyring {
  readonly #random: Random;
  readonly #file: string | null;
  #mark: FileMark;
  #document: KeyringDocument;

  /** `file` is null for a keyring that came as text. Use openKeyring. */
  constructor(document: KeyringDocument, random: Random, file: { path: string; mark: FileMark } | null) {
    this.#document = document;
    this.#random = random;
    this.#file = file?.path ?? null;
    this.#mark = file?.mark ?? '';
  }

  /** The key that seals. */
  get primaryId(): string {
    return this.#document.keys[0].id;
  }

  /** All keys, the primary one first. More than one: a rotation is not finished. */
  get keyIds(): readonly string[] {
    return this.#document.keys.map((key) => key.id);
  }

  /** False when the keyring came as text, so that no new key can be kept. */
  get isWritable(): boolean {
    return this.#file !== null;
  }

  /**
   * Seals a secret under the primary key. `context` says whose secret it is ("credentials.secret:cred_…"): it opens
   * under the same context only, so a sealed text that is moved to another row is worthless.
   */
  seal(plaintext: string, context: string): string {
    // Another daemon may have rotated: what is sealed under a retired key would be lost.
    this.#reread();
    const [primary] = this.#document.keys;
    const nonce = this.#random.bytes(NONCE_BYTES);
    return sealEnvelope(Buffer.from(primary.key, 'base64url'), primary.id, nonce, plaintext, context);
  }

  /**
   * @throws Failure config_invalid when the keyring lacks the key; internal when text or context is not what was sealed.
   */
  open(sealed: string, context: string): Secret {
    const envelope = parseEnvelope(sealed);
    if (!envelope) throw new Failure('internal', `the stored secret ${context} is not a sealed text`);
    const key = this.#keyOf(envelope.keyId);
    if (!key) {
      throw new Failure('config_invalid', {
        message: `the keyring has no key ${envelope.keyId}, which sealed ${context}`,
        hint: 'restore the keyring file that belongs to this database, or set the secret anew',
      });
    }
    try {
      return new Secret(openEnvelope(key, envelope, context));
    } catch (error) {
      throw new Failure('internal', `the stored secret ${context} was changed or belongs to something else`, error);
    }
  }

  /** True when the text is sealed under the primary key. */
  isCurrent(sealed: string): boolean {
    return sealed.startsWith(`v1.${this.primaryId}.`);
  }

  /** Puts a new primary key before the others, durably. Only for a writable keyring. */
  addPrimary(now: EpochMs): void {
    this.#reread();
    this.#replace(withNewPrimary(this.#document, now, this.#random));
  }

  /** Forgets these keys, never the primary one. Only when nothing is sealed under them any more. */
  dropKeys(ids: readonly string[]): void {
    this.#reread();
    const [primary, ...others] = this.#document.keys;
    this.#replace({ version: 1, keys: [primary, ...others.filter((key) => !ids.includes(key.id))] });
  }

  #keyOf(id: string): Buffer | undefined {
    const find = () => this.#document.keys.find((key) => key.id === id);
    if (!find()) this.#reread();
    const found = find();
    return found && Buffer.from(found.key, 'base64url');
  }

  #replace(document: KeyringDocument): void {
    if (this.#file === null) throw new Failure('conflict', 'a keyring that came as text cannot be written');
    replaceKeyringFile(this.#file, document);
    this.#document = document;
    this.#mark = markOf(this.#file);
  }

  /** Takes over what another process wrote. A file that is gone or broken changes nothing: the keys in memory are good. */
  #reread(): void {
    if (this.#file === null) return;
    try {
      if (markOf(this.#file) === this.#mark) return;
      const current = readKeyringFile(this.#file);
      if (!current) return;
      this.#document = current.document;
      this.#mark = current.mark;
    } catch {
      return;
    }
  }
}
