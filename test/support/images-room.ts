import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createArchive } from "../../src/archive/index.ts";
import type { Events } from "../../src/events/index.ts";
import { createImages, type ImageLimits, type Images, type ProgressMessage } from "../../src/images/index.ts";
import { createLogger } from "../../src/lib/index.ts";
import { createRegistry, type Patience } from "../../src/registry/index.ts";
import {
	type ContentStore,
	createContentStore,
	createLeases,
	createMetadata,
	createOverlaySnapshots,
	createPlainSnapshots,
	type SnapshotDriver,
} from "../../src/store/index.ts";
import type { Trust } from "../../src/trust/index.ts";

/** The images room on real stores in a temporary data root. */
export interface ImagesRoom extends AsyncDisposable {
	readonly root: string;
	readonly images: Images;
	readonly content: ContentStore;
	readonly snapshots: SnapshotDriver;
	/** `pull busybox:latest`, in the order they were published. */
	readonly events: string[];
	/** Blobs, layers and parts of blobs that are on disk now. */
	onDisk(): { blobs: number; layers: number; ingests: number; staged: number };
	/** What a daemon that starts on the same root sees. */
	reopen(): Promise<ImagesRoom>;
}

export interface RoomOptions {
	readonly root?: string;
	readonly driver?: "overlay" | "plain";
	readonly limits?: Partial<ImageLimits>;
	readonly retryDelayMs?: number;
	readonly attempts?: number;
	readonly patience?: Patience;
	readonly trust?: Trust;
}

export async function openImagesRoom(options: RoomOptions = {}): Promise<ImagesRoom> {
	const root = options.root ?? mkdtempSync(join(tmpdir(), "hull-images-"));
	const log = createLogger("warn");
	const metadata = createMetadata({ path: join(root, "hull.db"), log });
	const content = createContentStore({ root: join(root, "content") });
	const open = options.driver === "plain" ? createPlainSnapshots : createOverlaySnapshots;
	const snapshots = await open({ root, metadata, log });
	const published: string[] = [];
	const images = createImages({
		content,
		snapshots,
		metadata,
		leases: createLeases(),
		archive: createArchive({ log, mountPoint: join(root, "archive") }),
		registry: createRegistry({
			retry: { attempts: options.attempts ?? 3, firstDelayMs: options.retryDelayMs ?? 1, maxDelayMs: 50 },
			...(options.patience === undefined ? {} : { patience: options.patience }),
		}),
		events: recordingEvents(published),
		log,
		...(options.trust === undefined ? {} : { trust: options.trust }),
		...(options.limits === undefined ? {} : { limits: options.limits }),
	});
	let closed = false;
	const close = async () => {
		if (closed) return;
		closed = true;
		await snapshots.settle();
		metadata.close();
	};
	return {
		root,
		images,
		content,
		snapshots,
		events: published,
		onDisk: () => ({
			blobs: [...content.list()].length,
			layers: [...snapshots.layers()].length,
			ingests: readdirSync(join(root, "content", "ingest")).length,
			staged: readdirSync(join(root, "snapshots")).filter((name) => /^[0-9]+$/.test(name)).length,
		}),
		async reopen() {
			await close();
			return openImagesRoom({ ...options, root });
		},
		async [Symbol.asyncDispose]() {
			await close();
			// Who gave the folder takes it away.
			if (options.root === undefined) rmSync(root, { recursive: true, force: true });
		},
	};
}

function recordingEvents(published: string[]): Events {
	return {
		publish: (_type, action, id) => {
			published.push(`${action} ${id}`);
		},
		subscribe() {
			throw new Error("nobody subscribes here");
		},
	};
}

/** Collects what an operation reports, and gives it as short lines: `abc123: Pull complete`, `Loaded image: x`. */
export function recordProgress(): { progress: (message: ProgressMessage) => void; lines: string[] } {
	const lines: string[] = [];
	return {
		lines,
		progress: ({ id, status, stream }) => {
			const text = status ?? stream?.trimEnd() ?? "";
			lines.push(id === undefined ? text : `${id}: ${text}`);
		},
	};
}
