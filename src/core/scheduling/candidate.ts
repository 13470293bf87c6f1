import type { CredentialId } from '../ids.ts';
import type { Binding } from '../models/index.ts';
import type { Credential, Endpoint, Group, GroupMember, Topology, Upstream } from '../upstreams/index.ts';
import { isUnlimited, type LimitSubject } from './limit-book.ts';

/** One way to serve a request: a credential at an endpoint, asked for a model under the upstream's name for it. */
export interface Candidate {
  /** `upstream/credential` or, where an upstream has several endpoints, `upstream/credential@host`. Unique on a rung. */
  readonly name: string;
  readonly upstream: Upstream;
  readonly endpoint: Endpoint;
  readonly credential: Credential;
  readonly upstreamModel: string;
  /** Position in the key's ladder of groups; 0 is tried first. */
  readonly rung: number;
  readonly groupName: string | null;
  readonly multiplierPpm: number;
  /** Place in the operator's order among all candidates of the list: upstream priority, then endpoint priority; 0 is first. */
  readonly precedence: number;
  /** Subjects of cooldowns that concern this candidate. */
  readonly subjects: CandidateSubjects;
  /** The credential and its model, as far as they have limits. */
  readonly limited: readonly LimitSubject[];
  /** Spreads candidates evenly for a given seed. */
  readonly hash: number;
}

export interface CandidateSubjects {
  readonly credential: string;
  readonly credentialModel: string;
  readonly endpoint: string;
}

/** What a request may use: a model's bindings, or any upstream under the asked name (passthrough). */
export type Reach =
  | { readonly kind: 'bound'; readonly bindings: readonly Binding[] }
  | { readonly kind: 'any'; readonly model: string };

/** One more than the highest priority that an endpoint can have. */
const ENDPOINT_PRIORITIES = 1_000_001;

/**
 * Lists every candidate for a model on a ladder of groups; an empty ladder means all upstreams at list price.
 * Disabled things and unknown groups are left out here, because no request can ever use them in this configuration.
 */
export function listCandidates(topology: Topology, reach: Reach, ladder: readonly string[]): readonly Candidate[] {
  if (ladder.length === 0) {
    return ranked(
      [...topology.upstreams.values()].flatMap((upstream) => ofUpstream(upstream, reach, 0, null, 1_000_000)),
    );
  }
  const found = ladder.flatMap((name, rung) => {
    const group = topology.groupByName.get(name);
    if (!group) return [];
    return membersOf(topology, group, 1_000_000, new Set()).flatMap((member) =>
      ofUpstream(member.upstream, reach, rung, name, member.multiplierPpm),
    );
  });
  return ranked(found);
}

/**
 * What a group comes to. On one rung each thing counts where it comes first: more ways to it would not make it likelier
 * to be picked, and a group that contains itself, or many that share members, end all the same.
 */
function membersOf(
  topology: Topology,
  group: Group,
  outerPpm: number,
  seen: Set<string>,
): { upstream: Upstream; multiplierPpm: number }[] {
  if (!group.enabled || !isFirst(seen, group.id)) return [];
  const multiplierPpm = Math.round((outerPpm * group.multiplierPpm) / 1_000_000);
  return group.members.flatMap((member: GroupMember) => {
    if ('upstreamId' in member) {
      const upstream = topology.upstreams.get(member.upstreamId);
      return upstream && isFirst(seen, upstream.id) ? [{ upstream, multiplierPpm }] : [];
    }
    const inner = topology.groupById.get(member.groupId);
    return inner ? membersOf(topology, inner, multiplierPpm, seen) : [];
  });
}

function isFirst(seen: Set<string>, id: string): boolean {
  return seen.size < seen.add(id).size;
}

/** Priorities may lie a million apart; what counts is only their order. */
function ranked(candidates: readonly Candidate[]): readonly Candidate[] {
  const orderOf = ({ upstream, endpoint }: Candidate): number =>
    upstream.priority * ENDPOINT_PRIORITIES + endpoint.priority;
  const orders = [...new Set(candidates.map(orderOf))].sort((a, b) => a - b);
  const rankOf = new Map(orders.map((order, rank) => [order, rank]));
  return candidates.map((candidate) => ({ ...candidate, precedence: rankOf.get(orderOf(candidate)) ?? 0 }));
}

function ofUpstream(
  upstream: Upstream,
  reach: Reach,
  rung: number,
  groupName: string | null,
  multiplierPpm: number,
): Candidate[] {
  if (!upstream.enabled) return [];
  const upstreamModel = modelAt(upstream, reach);
  if (upstreamModel === null) return [];
  const endpoints = upstream.endpoints.filter((endpoint) => endpoint.enabled);
  return endpoints.flatMap((endpoint) =>
    upstream.credentials
      .filter((credential) => credential.enabled)
      .map((credential) => {
        const pair = `${upstream.name}/${credential.name}`;
        const subjects = subjectsOf(endpoint.id, credential.id, upstreamModel);
        return {
          name: endpoints.length > 1 ? `${pair}@${placeOf(endpoint, endpoints)}` : pair,
          upstream,
          endpoint,
          credential,
          upstreamModel,
          rung,
          groupName,
          multiplierPpm,
          precedence: 0,
          subjects,
          limited: limitedSubjects(credential, subjects, upstreamModel),
          hash: hashText(`${credential.id}${endpoint.id}`),
        };
      }),
  );
}

/** The host, where that tells the endpoints of an upstream apart. */
function placeOf(endpoint: Endpoint, endpoints: readonly Endpoint[]): string {
  const { host } = new URL(endpoint.baseUrl);
  return endpoints.filter((other) => new URL(other.baseUrl).host === host).length > 1 ? endpoint.baseUrl : host;
}

function modelAt(upstream: Upstream, reach: Reach): string | null {
  if (reach.kind === 'any') return reach.model;
  const binding = reach.bindings.find((candidate) => candidate.enabled && candidate.upstreamId === upstream.id);
  return binding?.upstreamModel ?? null;
}

/** Names the things that a cooldown can rest. */
function subjectsOf(endpointId: string, credentialId: CredentialId, upstreamModel: string): CandidateSubjects {
  return {
    credential: credentialId,
    credentialModel: `${credentialId} ${upstreamModel}`,
    endpoint: endpointId,
  };
}

/** Limits of a credential and of the model at it, as subjects of the limit book; empty when nothing is limited. */
function limitedSubjects(credential: Credential, subjects: CandidateSubjects, upstreamModel: string): LimitSubject[] {
  const found: LimitSubject[] = [];
  if (!isUnlimited(credential.limits)) found.push({ key: subjects.credential, limits: credential.limits });
  const ofModel = credential.modelLimits[upstreamModel];
  if (ofModel && !isUnlimited(ofModel)) found.push({ key: subjects.credentialModel, limits: ofModel });
  return found;
}

/** FNV-1a, 32 bits: cheap and even; nothing depends on it being hard to guess. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
