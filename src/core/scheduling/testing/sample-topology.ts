import { NO_LIMITS } from '../../identity/index.ts';
import type { CredentialId, EndpointId, GroupId, UpstreamId } from '../../ids.ts';
import { Secret } from '../../secret.ts';
import { epochMs } from '../../time.ts';
import type { Credential, Endpoint, Group, GroupMember, Topology, Upstream } from '../../upstreams/index.ts';
import { type Candidate, listCandidates } from '../candidate.ts';

const CREATED = epochMs(0);

export type UpstreamParts = Partial<Omit<Upstream, 'endpoints' | 'credentials'>> & {
  readonly endpoints?: readonly Partial<Endpoint>[];
  readonly credentials?: readonly Partial<Credential>[];
};

/** An upstream of one endpoint and one credential unless said otherwise; its id is `up_` and its name. */
export function sampleUpstream(name: string, parts: UpstreamParts = {}): Upstream {
  const { endpoints = [{}], credentials = [{}], ...rest } = parts;
  const id = `up_${name}` as UpstreamId;
  return {
    id,
    name,
    kind: 'openai',
    enabled: true,
    priority: 0,
    weight: 1,
    allowPrivate: false,
    allowHttp: false,
    wires: ['chat', 'responses'],
    paramOverride: {},
    headerOverride: {},
    errorRules: [],
    injectStreamUsage: true,
    createdAt: CREATED,
    ...rest,
    endpoints: endpoints.map((endpoint, at) => ({
      id: `ep_${name}${at}` as EndpointId,
      baseUrl: `https://${name.toLowerCase()}${at}.test/v1`,
      priority: 0,
      enabled: true,
      ...endpoint,
    })),
    credentials: credentials.map((credential, at) => ({
      id: `cred_${name}${at}` as CredentialId,
      upstreamId: id,
      name: `c${at}`,
      secret: new Secret('sk-sample'),
      hint: '…',
      fingerprint: '0123456789ab',
      enabled: true,
      weight: 1,
      proxyUrl: null,
      limits: NO_LIMITS,
      modelLimits: {},
      expiresAt: null,
      createdAt: CREATED,
      ...credential,
    })),
  };
}

/** A group whose id is `grp_` and its name. Members beginning with `grp_` are groups, the others names of upstreams. */
export function sampleGroup(name: string, members: readonly string[], parts: Partial<Group> = {}): Group {
  const memberOf = (member: string): GroupMember =>
    member.startsWith('grp_') ? { groupId: member as GroupId } : { upstreamId: `up_${member}` as UpstreamId };
  return {
    id: `grp_${name}` as GroupId,
    name,
    enabled: true,
    multiplierPpm: 1_000_000,
    createdAt: CREATED,
    ...parts,
    members: members.map(memberOf),
  };
}

export function sampleTopology(upstreams: readonly Upstream[], groups: readonly Group[] = []): Topology {
  return {
    upstreams: new Map(upstreams.map((upstream) => [upstream.id, upstream])),
    groupByName: new Map(groups.map((group) => [group.name, group])),
    groupById: new Map(groups.map((group) => [group.id, group])),
  };
}

/** The candidates of upstreams that all serve the model `m`, each on the rung that its name is listed under. */
export function sampleCandidates(...rungs: readonly (readonly Upstream[])[]): readonly Candidate[] {
  const groups = rungs.map((upstreams, rung) =>
    sampleGroup(
      `rung${rung}`,
      upstreams.map(({ name }) => name),
    ),
  );
  const topology = sampleTopology(rungs.flat(), groups);
  const ladder = groups.map(({ name }) => name);
  return listCandidates(topology, { kind: 'any', model: 'm' }, ladder);
}

export function onlyCandidate(parts: UpstreamParts = {}): Candidate {
  const [candidate] = sampleCandidates([sampleUpstream('a', parts)]);
  if (!candidate) throw new Error('the sample has no candidate');
  return candidate;
}
