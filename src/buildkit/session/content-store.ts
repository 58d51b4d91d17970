/** A folder of the client with blobs by digest (`type=local`), read and written over its session. */
import { randomBytes } from "node:crypto";
import type { CacheStore } from "../../builder/index.ts";
import { EngineError } from "../../lib/index.ts";
import { type Descriptor, isDigest, maxManifestBytes } from "../../oci/index.ts";
import { GrpcError, statusCodes, toEngineError } from "../grpc/status.ts";
import {
	ContentInfoRequest,
	ContentInfoResponse,
	contentAction,
	ReadContentRequest,
	ReadContentResponse,
	WriteContentRequest,
	WriteContentResponse,
} from "../proto/session.ts";
import type { Session } from "./sessions.ts";

const service = "/containerd.services.content.v1.Content";
/** Under this name a call says which of the client's folders it is about. */
const storeHeader = "buildkit-attachable-store-id";
const maxPieceBytes = 1024 * 1024;

export interface ContentStoreOptions {
	readonly session: Session;
	/** Of the folder, as the client named it. */
	readonly path: string;
	/** Of the manifest that the client found there; `undefined`: it is only written to. */
	readonly digest: string | undefined;
	readonly signal: AbortSignal;
}

/** Errors: `invalid_argument` for a client that has no folder; those of the session. */
export function contentStore({ session, path, digest, signal }: ContentStoreOptions): CacheStore {
	const options = { signal, metadata: { [storeHeader]: `local:${path}` } };
	const call = (name: string) => {
		if (session.serves(`${service}/${name}`)) return `${service}/${name}`;
		throw new EngineError("invalid_argument", `the client's session has no folder for caches (${name})`);
	};
	async function* read(wanted: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
		const messages = { request: ReadContentRequest, response: ReadContentResponse };
		using stream = session.connection.stream(call("Read"), messages, options);
		try {
			await stream.send({ digest: wanted, sizeBytes });
			stream.endSending();
			for await (const { data } of stream.messages) if (data.length > 0) yield data;
		} catch (error) {
			throw toEngineError(error, `reading ${wanted} of the client's cache`);
		}
	}
	const sizeOf = async (wanted: string): Promise<number | undefined> => {
		const messages = { request: ContentInfoRequest, response: ContentInfoResponse };
		try {
			const { info } = await session.connection.unary(call("Info"), messages, { digest: wanted }, options);
			return info?.sizeBytes ?? 0;
		} catch (error) {
			if (error instanceof GrpcError && error.code === statusCodes.notFound) return undefined;
			throw toEngineError(error, "looking at the client's cache");
		}
	};
	const write: CacheStore["write"] = async (blob, content) => {
		const messages = { request: WriteContentRequest, response: WriteContentResponse };
		using stream = session.connection.stream(call("Write"), messages, options);
		try {
			await sendBlob(stream, blob, content({ start: 0, end: blob.size }));
		} catch (error) {
			if (error instanceof GrpcError && error.code === statusCodes.alreadyExists) return;
			throw toEngineError(error, `writing ${blob.digest} to the client's cache`);
		}
	};
	return {
		async manifest() {
			if (digest === undefined) return undefined;
			if (!isDigest(digest))
				throw new EngineError("invalid_argument", `cache digest ${digest.slice(0, 100)}`);
			const size = await sizeOf(digest);
			if (size === undefined) return undefined;
			if (size > maxManifestBytes) throw new EngineError("too_large", "the cache's manifest is too long");
			const parts: Uint8Array[] = [];
			for await (const part of read(digest, size)) parts.push(part);
			return { bytes: Buffer.concat(parts), mediaType: undefined };
		},
		has: async (blob) => (await sizeOf(blob.digest)) === blob.size,
		read: (blob) => read(blob.digest, blob.size),
		write,
		async publish(manifest, bytes) {
			if ((await sizeOf(manifest.digest)) !== undefined) return;
			await write(manifest, async function* () {
				yield bytes;
			});
		},
	};
}

interface WriteStream {
	send(message: {
		readonly action?: number;
		readonly ref?: string;
		readonly totalBytes?: number;
		readonly expected?: string;
		readonly offset?: number;
		readonly data?: Uint8Array;
	}): Promise<void>;
	endSending(): void;
	readonly messages: AsyncIterable<{ readonly offset: number }>;
}

/** One piece after the other: each is answered before the next goes. */
async function sendBlob(
	stream: WriteStream,
	{ digest, size }: Descriptor,
	content: AsyncIterable<Uint8Array>,
): Promise<void> {
	const ref = `hull-${randomBytes(8).toString("hex")}`;
	const about = { ref, totalBytes: size, expected: digest };
	const answers = stream.messages[Symbol.asyncIterator]();
	const answered = async () => {
		const { done, value } = await answers.next();
		if (done) throw new EngineError("unavailable", "the client took no more of a blob");
		return value;
	};
	let offset = 0;
	for await (const chunk of content)
		for (let at = 0; at < chunk.length; at += maxPieceBytes) {
			const data = chunk.subarray(at, at + maxPieceBytes);
			await stream.send({ ...about, action: contentAction.write, offset, data });
			await answered();
			offset += data.length;
		}
	await stream.send({ ...about, action: contentAction.commit, offset });
	await answered();
	stream.endSending();
}
