import { Failure } from '../../failure.ts';
import type { Secret } from '../../secret.ts';
import type { ChannelForm, OpenChannel } from '../provider.ts';
import { readPlatformKey, readPrivateKey } from './rsa-key.ts';
import { checkSettings, type EpaySettings, readSettings } from './settings.ts';
import { type EpaySigner, md5Signer, rsaSigner } from './signature.ts';

/** A channel as this provider uses it: settings read, keys parsed. */
export interface EpayMerchant {
  readonly settings: EpaySettings;
  readonly allowPrivate: boolean;
  readonly signer: EpaySigner;
  /** V1 sends it with every question; null for V2. */
  readonly key: Secret | null;
}

type Secrets = Readonly<Record<string, Secret>>;

/** V1 needs `key`; V2 needs `private_key` and `platform_public_key`. */
export const epayForm: ChannelForm = {
  checkSettings,
  // Which of them must be there is for the protocol to say: checkSecrets.
  requiredSecrets: [],
  optionalSecrets: ['key', 'private_key', 'platform_public_key'],
  checkSecrets(settings, secrets) {
    // Whether its address may be private was asked when the settings were checked.
    signerOf(readSettings(settings, { allowPrivate: true }), secrets);
    return undefined;
  },
};

/**
 * @throws Failure config_invalid when a secret is missing or blank: nothing is asked, sent or believed without it.
 */
export function openMerchant(channel: OpenChannel): EpayMerchant {
  try {
    const settings = readSettings(channel.settings, channel);
    const signer = signerOf(settings, channel.secrets);
    const key = settings.protocol === 'v1' ? secretOf(channel.secrets, 'key') : null;
    return { settings, allowPrivate: channel.allowPrivate, signer, key };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      'config_invalid',
      { ...error.facts, message: `channel ${channel.name}: ${error.message}` },
      error,
    );
  }
}

function signerOf(settings: EpaySettings, secrets: Secrets): EpaySigner {
  if (settings.protocol === 'v1') return md5Signer(secretOf(secrets, 'key'));
  const privateKey = readPrivateKey(secretOf(secrets, 'private_key'));
  const platformKey = readPlatformKey(secretOf(secrets, 'platform_public_key'));
  if (privateKey.export({ format: 'jwk' }).n === platformKey.export({ format: 'jwk' }).n) {
    throw new Failure('invalid_input', {
      message: "platform_public_key is the merchant's own public key",
      hint: 'take the public key of the platform from where the gateway shows its API keys',
      param: 'platform_public_key',
    });
  }
  return rsaSigner(privateKey, platformKey);
}

function secretOf(secrets: Secrets, name: string): Secret {
  const secret = secrets[name];
  if (secret !== undefined && secret.reveal().trim() !== '') return secret;
  throw new Failure('invalid_input', { message: `the secret ${name} is missing or empty`, param: name });
}
