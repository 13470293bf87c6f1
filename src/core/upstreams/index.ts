// Where requests can go: upstreams with endpoints and credentials, and the groups that order them. Knows no health and no choice.
export { addAccountCredential, replaceAccountSecret } from './account-credentials.ts';
export { type AddressPolicy, checkBaseUrl, checkProxyUrl, isPrivateHost } from './base-url.ts';
export { type CredentialPatch, secretFingerprint } from './credential-rules.ts';
export type { ErrorRule } from './error-rule.ts';
export { hasSealedSecrets } from './has-sealed-secrets.ts';
export { loadTopology, type Topology } from './load-topology.ts';
export {
  addCredential,
  editCredential,
  findCredential,
  type NewCredential,
  removeCredential,
} from './manage-credentials.ts';
export { addEndpoint, type EndpointPatch, editEndpoint, type NewEndpoint, removeEndpoint } from './manage-endpoints.ts';
export {
  addGroup,
  editGroup,
  findGroup,
  type GroupPatch,
  listGroups,
  type NewGroup,
  removeGroup,
  setGroupMembers,
} from './manage-groups.ts';
export {
  addUpstream,
  editUpstream,
  findUpstream,
  listUpstreams,
  type NewUpstream,
  removeUpstream,
  type UpstreamPatch,
} from './manage-upstreams.ts';
export { checkHeaderOverride, checkParamOverride } from './overrides.ts';
export { isPrivateAddress } from './private-address.ts';
export { resealSecrets } from './reseal-secrets.ts';
export {
  type Credential,
  type Endpoint,
  type Group,
  type GroupMember,
  UPSTREAM_KINDS,
  type Upstream,
  type UpstreamKind,
} from './upstream.ts';
export { WIRES, type Wire } from './wire.ts';
