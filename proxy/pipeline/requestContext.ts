import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Scope } from '../contract/keys.ts'
import type { Permission } from '../contract/permissions.ts'
import type { Role, RoleId } from '../contract/roles.ts'

/*
 * What the stages of the pipeline agree on about one request. Everything here was parsed once; authorize and forward
 * use the same values.
 */

/** Which listener took the request; "Listeners" in docs/security.md says what each is for. */
export type ListenerName = 'public' | 'owner' | 'administration'

/** Where a session was made; it is valid on that listener only. `people`: on the public one. */
export type SessionSurface = 'people' | 'owner' | 'administration'

export type Credential =
  | {
      readonly kind: 'session'
      readonly sessionId: string
      /**
       * Each is valid on one listener only. `owner`: made by the desktop app for its own window. `administration`: of an
       * administrator who signed in there.
       */
      readonly surface: SessionSurface
      /** A people's session that the desktop app opened for "Open ComfyUI" on this computer. */
      readonly fromOwnerWindow: boolean
    }
  | {
      readonly kind: 'apiKey'
      readonly keyId: string
      readonly scopes: readonly Scope[]
      /** The one published workflow that the key runs, and nothing else; undefined: whatever its scopes allow. */
      readonly workflowId: string | undefined
    }
  /** A JSON web token: reaches what a people's session of the same person reaches. */
  | { readonly kind: 'token'; readonly tokenId: string; readonly use: TokenUse }

/** For what a token was made: `cookie` by `/login`, which also sets it as a cookie; `api` on request, for a tool. */
export type TokenUse = 'cookie' | 'api'

/** Who is asking. */
export interface Principal {
  readonly accountId: string
  readonly name: string
  /** `administrator` is the one test for what is reserved. */
  readonly role: RoleId
  readonly roleTitle: string
  /** The role that is always there whose limits for jobs count; it gives no right. */
  readonly baseRole: Role
  readonly permissions: ReadonlySet<Permission>
  /** Nobody: made up to try out what a role reaches, see probe/. Nothing that changes anything is carried out for them. */
  readonly madeUp?: true
  readonly credential: Credential
}

/** What a client presented, in the order of precedence; the first one present decides, see `findPresentedCredential`. */
export type PresentedCredential =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly userName: string; readonly key: string }
  | { readonly kind: 'subprotocol'; readonly token: string }
  | { readonly kind: 'queryToken'; readonly token: string }
  | { readonly kind: 'sessionCookie'; readonly token: string }
  /** The cookie of ComfyUI-Sentinel's clients. `fromBrowser`: the request says that a browser sent it. */
  | { readonly kind: 'tokenCookie'; readonly token: string; readonly fromBrowser: boolean }

export interface AuthenticationInput {
  readonly presented: PresentedCredential
  readonly listener: ListenerName
  /** Whether the bytes came over TLS. */
  readonly secure: boolean
  /** Socket address of the client, IPv4-mapped IPv6 normalised. */
  readonly clientAddress: string
}

/** Implemented by accounts/, used by the authenticate stage and by the map of open sockets. */
export interface Authenticator {
  /** @throws GateError AUTH_INVALID when the credential is unknown, expired, revoked or not valid on this listener. */
  authenticate(input: AuthenticationInput): Promise<Principal>
  /**
   * What `authenticate` would answer, at once, when everything it asks for is in memory; undefined says nothing but that
   * `authenticate` has to be asked.
   */
  recall?(input: AuthenticationInput): Principal | undefined
  /** The principal as it stands now, or undefined when the credential no longer holds (revoked, expired, disabled). */
  reauthenticate(principal: Principal): Promise<Principal | undefined>
  /** Called after anything that may end a credential changed, in this process or another one. */
  onCredentialsChanged(listener: () => void): () => void
}

/** The parsed target of a request; see proxy/http/requestTarget.ts. */
export interface RequestTarget {
  /** Decoded path segments, every leading `api` of ComfyUI's twin routes still in place. */
  readonly segments: readonly string[]
  /** The canonical path, percent-encoded again from `segments`: what is authorised and what is forwarded. */
  readonly path: string
  /** The query as sent, with its `?`, or the empty string; `token` removed. */
  readonly search: string
}

/** Everything that was decided about one request before its handler sees it. */
export interface RequestContext {
  readonly listener: ListenerName
  readonly clientAddress: string
  readonly secure: boolean
  /** How the client named this computer. */
  readonly host?: string
  /** Upper case. */
  readonly method: string
  readonly target: RequestTarget
  /** Undefined only on routes that are public without sign-in. */
  readonly principal: Principal | undefined
}

/** Answers `/gatehouse/*` and the sign-in routes after the pipeline: the API and the pages. */
export type OwnApplication = (request: IncomingMessage, response: ServerResponse, context: RequestContext) => void
