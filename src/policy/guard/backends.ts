import type { Backends } from "../../server/index.ts";
import type { SocketPolicy } from "../contract.ts";
import { guardBuilds } from "./builds.ts";
import { guardChanges } from "./changes.ts";
import { guardContainers } from "./containers.ts";
import { guardDistribution, guardImages, guardSbom } from "./images.ts";
import { guardMounts } from "./mounts.ts";
import { guardNetworks } from "./networks.ts";
import type { GuardRooms } from "./rooms.ts";
import { guardSecrets } from "./secrets.ts";
import { guardSystem } from "./system.ts";
import { guardVolumes } from "./volumes.ts";

/**
 * The server's backends behind a policy. What has no guard here is of operations that only sockets of scope `all` can
 * have (`operations.ts`). The builds are those of a guarded builder ({@link guardBuilds} alone is not enough).
 */
export function guardBackends(policy: SocketPolicy, inner: Backends, rooms: GuardRooms): Backends {
	const { networks, volumes, secrets } = inner;
	const createRooms = { ...rooms, networks, volumes, secrets };
	return {
		...inner,
		containers: guardContainers(policy, inner.containers, createRooms),
		changes: guardChanges(policy, inner.changes, rooms),
		images: guardImages(policy, inner.images, rooms),
		distribution: guardDistribution(policy, inner.distribution),
		sbom: guardSbom(policy, inner.sbom, rooms),
		networks: guardNetworks(policy, networks, rooms),
		volumes: guardVolumes(policy, volumes),
		secrets: guardSecrets(policy, secrets),
		mounts: guardMounts(policy, inner.mounts, createRooms),
		system: guardSystem(policy, inner.system, { ...rooms, containers: inner.containers }),
		builds: guardBuilds(policy, inner.builds),
	};
}
