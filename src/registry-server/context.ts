import type { Images, ImageUse } from "../images/index.ts";
import type { KeyedLock, Logger } from "../lib/index.ts";
import type { Digest } from "../oci/index.ts";
import type { ContentStore, Leases } from "../store/index.ts";
import type { PushedManifests } from "./pushed-manifests.ts";
import type { Repositories } from "./repositories.ts";
import type { Uploads } from "./uploads.ts";

/** What the answers of all registries of this engine work with. */
export interface RegistryContext {
	readonly content: ContentStore;
	readonly leases: Leases;
	readonly images: Images;
	readonly usedBy: (id: Digest) => readonly ImageUse[];
	readonly pushed: PushedManifests;
	readonly repositories: Repositories;
	readonly uploads: Uploads;
	/** By repository: who changes its manifests. */
	readonly locks: KeyedLock;
	/** Drops what was pushed and lost its names. */
	readonly sweep: () => Promise<void>;
	readonly log: Logger;
}
