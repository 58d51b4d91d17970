/** What a build asks its client for by the way: secrets, agents, credentials, uploaded archives. */
import { Readable } from "node:stream";
import type { SecretValue, SshAgent } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { GrpcError, statusCodes, toEngineError } from "../grpc/status.ts";
import {
	CheckAgentRequest,
	CredentialsRequest,
	CredentialsResponse,
	GetSecretRequest,
	GetSecretResponse,
} from "../proto/session.ts";
import { BytesMessage, Empty } from "../proto/types.ts";
import type { Session } from "./sessions.ts";

const paths = {
	secret: "/moby.buildkit.secrets.v1.Secrets/GetSecret",
	checkAgent: "/moby.sshforward.v1.SSH/CheckAgent",
	forwardAgent: "/moby.sshforward.v1.SSH/ForwardAgent",
	credentials: "/moby.filesync.v1.Auth/Credentials",
	pull: "/moby.upload.v1.Upload/Pull",
} as const;
const bytesBothWays = { request: BytesMessage, response: BytesMessage };
/** BuildKit's own limit of a secret. */
const maxSecretBytes = 500 * 1024;
const maxPieceBytes = 1024 * 1024;

/** Secrets are not announced: each is asked for under its id when a step needs it. */
export function sessionSecrets(session: Session, signal: AbortSignal): ReadonlyMap<string, SecretValue> {
	return askingMap((id) => ({
		async read() {
			if (!session.serves(paths.secret)) return undefined;
			const messages = { request: GetSecretRequest, response: GetSecretResponse };
			try {
				const { data } = await session.connection.unary(paths.secret, messages, { id }, { signal });
				if (data.length > maxSecretBytes)
					throw new EngineError("too_large", `secret ${id}: at most ${maxSecretBytes} bytes`);
				return data;
			} catch (error) {
				if (error instanceof GrpcError && error.code === statusCodes.notFound) return undefined;
				throw toEngineError(error, `secret ${id}`);
			}
		},
	}));
}

export function sessionAgents(session: Session, signal: AbortSignal): ReadonlyMap<string, SshAgent> {
	return askingMap((id) => ({
		async connect() {
			if (!session.serves(paths.forwardAgent))
				throw new EngineError("not_found", `no SSH key ${JSON.stringify(id)} forwarded from the client`);
			try {
				const messages = { request: CheckAgentRequest, response: Empty };
				await session.connection.unary(paths.checkAgent, messages, { id }, { signal });
			} catch (error) {
				throw toEngineError(error, `ssh agent ${id}`);
			}
			const metadata = { "buildkit.ssh.id": id };
			const call = session.connection.stream(paths.forwardAgent, bytesBothWays, { signal, metadata });
			return {
				readable: Readable.toWeb(Readable.from(pieces(call.messages))) as ReadableStream<Uint8Array>,
				writable: new WritableStream<Uint8Array>({
					async write(chunk) {
						for (let at = 0; at < chunk.length; at += maxPieceBytes)
							await call.send({ data: chunk.subarray(at, at + maxPieceBytes) });
					},
					close: () => call.endSending(),
					abort: () => call[Symbol.dispose](),
				}),
			};
		},
	}));
}

/** `undefined`: the client has none for that registry. `host` as in image references. */
export async function sessionCredentials(
	session: Session,
	host: string,
	signal: AbortSignal,
): Promise<{ username: string; password: string } | undefined> {
	if (!session.serves(paths.credentials)) return undefined;
	const messages = { request: CredentialsRequest, response: CredentialsResponse };
	// Clients keep Docker Hub's under the name of its registry.
	const asked = host === "docker.io" ? "registry-1.docker.io" : host;
	try {
		const answer = await session.connection.unary(paths.credentials, messages, { host: asked }, { signal });
		return answer.secret === "" ? undefined : { username: answer.username, password: answer.secret };
	} catch (error) {
		if (error instanceof GrpcError && error.code === statusCodes.unimplemented) return undefined;
		throw toEngineError(error, `credentials for ${host}`);
	}
}

/** An archive that the client has on its stdin. `url` is what it said instead of a folder. */
export async function* sessionUpload(
	session: Session,
	url: URL,
	signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
	const metadata = { urlpath: url.pathname, urlhost: url.host };
	using call = session.connection.stream(paths.pull, bytesBothWays, { signal, metadata });
	try {
		yield* pieces(call.messages);
	} catch (error) {
		throw toEngineError(error, "context from the client's stdin");
	}
}

async function* pieces(messages: AsyncIterable<{ readonly data: Uint8Array }>): AsyncGenerator<Uint8Array> {
	for await (const { data } of messages) if (data.length > 0) yield data;
}

/** A map that has everything: what is behind a key is only known when it is used. Nothing to iterate over. */
function askingMap<Value>(ask: (id: string) => Value): ReadonlyMap<string, Value> {
	return new (class extends Map<string, Value> {
		override has(): boolean {
			return true;
		}
		override get(id: string): Value {
			return ask(id);
		}
	})();
}
