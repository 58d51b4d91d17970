import { randomUUID } from "node:crypto";
import { EngineError } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import type { ContentStore, Leases, WrittenBlob } from "../store/index.ts";
import { RegistryError } from "./registry-error.ts";

/** A blob on its way in, over as many requests as the client likes. It is written to the store as it comes. */
export interface Upload {
	readonly id: string;
	readonly repository: string;
	/** Bytes so far. */
	readonly received: number;
	/** Takes the body of one request. One at a time. */
	append(body: AsyncIterable<Uint8Array>): Promise<void>;
	/** The blob is whole. A digest that it does not have leaves nothing behind. */
	finish(digest: Digest): Promise<WrittenBlob>;
	cancel(): Promise<void>;
}

export interface Uploads {
	start(repository: string): Upload;
	get(repository: string, id: string): Upload;
	/** The whole blob in one request. */
	store(body: AsyncIterable<Uint8Array>, digest: Digest, signal: AbortSignal): Promise<WrittenBlob>;
	/** A client was told that the blob is here: keeps it until a manifest that names it can have come. */
	keep(digest: Digest): void;
	close(): Promise<void>;
}

export interface UploadsOptions {
	readonly content: ContentStore;
	readonly leases: Leases;
	readonly release: (ids: readonly Digest[]) => Promise<void>;
	/** A client that sends nothing for so long has given up. */
	readonly idleMs?: number;
	/** How long a blob may wait for its manifest. */
	readonly keepMs?: number;
}

const maxUploads = 1_000;

export function createUploads(options: UploadsOptions): Uploads {
	const { content, leases, release, idleMs = 15 * 60_000, keepMs = 60 * 60_000 } = options;
	const uploads = new Map<string, Upload>();
	const kept = new Map<
		Digest,
		{ readonly lease: Disposable; readonly timer: ReturnType<typeof setTimeout> }
	>();

	const letGo = (digest: Digest) => {
		const entry = kept.get(digest);
		if (entry === undefined) return;
		clearTimeout(entry.timer);
		entry.lease[Symbol.dispose]();
		kept.delete(digest);
	};
	const keep = (digest: Digest) => {
		const lease = leases.create();
		lease.hold(digest);
		letGo(digest);
		const timer = setTimeout(() => {
			letGo(digest);
			void release([digest]);
		}, keepMs);
		timer.unref();
		kept.set(digest, { lease, timer });
	};
	/** Writes a stream while `lease` holds what comes of it, and keeps it when it is what was announced. */
	const write = async (
		source: AsyncIterable<Uint8Array>,
		accept: (written: WrittenBlob) => Promise<void> | void,
		signal?: AbortSignal,
	) => {
		using lease = leases.create();
		const written = await content.write(source, {}, { lease, ...(signal === undefined ? {} : { signal }) });
		try {
			await accept(written);
			keep(written.digest);
			return written;
		} catch (error) {
			lease[Symbol.dispose]();
			await release([written.digest]);
			throw error;
		}
	};

	return {
		start(repository) {
			if (uploads.size >= maxUploads)
				throw new RegistryError(429, "TOOMANYREQUESTS", `${maxUploads} uploads are under way`);
			const upload = openUpload({ repository, idleMs, write, onEnd: (id) => uploads.delete(id) });
			uploads.set(upload.id, upload);
			return upload;
		},
		get(repository, id) {
			const upload = uploads.get(id);
			if (upload?.repository === repository) return upload;
			throw new RegistryError(404, "BLOB_UPLOAD_UNKNOWN", `no such upload: ${id}`);
		},
		store: (body, digest, signal) => write(body, (written) => expectDigest(written, digest), signal),
		keep,
		async close() {
			await Promise.all([...uploads.values()].map((upload) => upload.cancel()));
			for (const digest of [...kept.keys()]) letGo(digest);
		},
	};
}

interface UploadSettings {
	readonly repository: string;
	readonly idleMs: number;
	readonly write: (
		source: AsyncIterable<Uint8Array>,
		accept: (written: WrittenBlob) => Promise<void>,
	) => Promise<WrittenBlob>;
	readonly onEnd: (id: string) => void;
}

function openUpload({ repository, idleMs, write, onEnd }: UploadSettings): Upload {
	const id = randomUUID();
	const pipe = createPipe();
	const wanted = Promise.withResolvers<Digest>();
	// A cancelled upload has nobody who waits for it.
	wanted.promise.catch(() => {});
	const written = write(pipe.source, async (blob) => expectDigest(blob, await wanted.promise));
	written.catch((error: unknown) => pipe.break(error));
	let received = 0;
	let busy = false;

	const end = () => {
		clearTimeout(timer);
		onEnd(id);
	};
	const cancel = async () => {
		end();
		const reason = new EngineError("cancelled", `upload ${id} was cancelled`);
		wanted.reject(reason);
		pipe.fail(reason);
		await written.catch(() => {});
	};
	// A client that stops in the middle of a request has given up as well.
	const timer = setTimeout(() => void cancel(), idleMs);
	timer.unref();

	return {
		id,
		repository,
		get received() {
			return received;
		},
		async append(body) {
			if (busy) throw new RegistryError(409, "BLOB_UPLOAD_INVALID", `upload ${id} is being written to`);
			busy = true;
			try {
				for await (const chunk of body) {
					timer.refresh();
					await pipe.push(chunk);
					received += chunk.length;
				}
			} finally {
				busy = false;
				timer.refresh();
			}
		},
		async finish(digest) {
			end();
			wanted.resolve(digest);
			pipe.end();
			return await written;
		},
		cancel,
	};
}

function expectDigest({ digest }: WrittenBlob, wanted: Digest): void {
	if (digest === wanted) return;
	throw new RegistryError(
		400,
		"DIGEST_INVALID",
		`the blob has the digest ${digest}, not the announced ${wanted}`,
	);
}

type Item = { readonly chunk: Uint8Array; readonly taken: () => void } | { readonly error?: unknown };

/** From requests to the writer, one piece at a time: `push` resolves when the piece was written. */
function createPipe() {
	let item: Item | undefined;
	let wake: (() => void) | undefined;
	let broken: { readonly error: unknown } | undefined;
	let reject: ((error: unknown) => void) | undefined;
	const put = (next: Item) => {
		item = next;
		wake?.();
	};
	async function* source(): AsyncGenerator<Uint8Array> {
		for (;;) {
			while (item === undefined) {
				const { promise, resolve } = Promise.withResolvers<void>();
				wake = resolve;
				await promise;
			}
			const next = item;
			if (!("chunk" in next)) {
				if (next.error === undefined) return;
				throw next.error;
			}
			yield next.chunk;
			item = undefined;
			next.taken();
		}
	}
	return {
		source: source(),
		push(chunk: Uint8Array): Promise<void> {
			if (broken !== undefined) return Promise.reject(broken.error);
			const taken = Promise.withResolvers<void>();
			reject = taken.reject;
			put({ chunk, taken: taken.resolve });
			return taken.promise;
		},
		end: () => put({}),
		fail: (error: unknown) => put({ error }),
		/** Nobody reads any more. */
		break(error: unknown): void {
			broken = { error };
			reject?.(error);
		},
	};
}
