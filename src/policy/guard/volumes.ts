import type { Volume } from "../../api/index.ts";
import { EngineError, isEngineError } from "../../lib/index.ts";
import type { VolumeBackend } from "../../server/index.ts";
import { isOwn, ownLabels } from "../checks/labels.ts";
import { checkVolume } from "../checks/volumes.ts";
import type { SocketPolicy } from "../contract.ts";
import { denial } from "../denial.ts";
import { ownFilters } from "./owned.ts";

/** Volumes behind a policy. */
export function guardVolumes(policy: SocketPolicy, inner: VolumeBackend): VolumeBackend {
	const own = async (name: string): Promise<Volume> => {
		const found = await find(inner, name);
		if (found !== undefined && (policy.scope === "all" || isOwn(policy, found.Labels))) return found;
		throw new EngineError("not_found", `get ${name}: no such volume`);
	};
	return {
		async list(filters) {
			return inner.list(ownFilters(policy, filters));
		},
		async create(request) {
			checkVolume(policy, request);
			return ownVolume(policy, inner, { ...request, Name: request.Name ?? "" });
		},
		inspect: own,
		async remove(name, options) {
			await own(name);
			return inner.remove(name, options);
		},
		async prune(filters) {
			return inner.prune(ownFilters(policy, filters));
		},
	};
}

/**
 * The socket's own volume of a name, made when there is none. Making it first and looking afterwards leaves no moment
 * for somebody else's to come in between. `forbidden` when it is somebody else's.
 */
export async function ownVolume(
	policy: SocketPolicy,
	volumes: Pick<VolumeBackend, "create" | "inspect">,
	request: {
		readonly Name: string;
		readonly Driver?: string | undefined;
		readonly DriverOpts?: Readonly<Record<string, string>> | undefined;
		readonly Labels?: Readonly<Record<string, string>> | undefined;
	},
): Promise<Volume> {
	const { Name, Driver, DriverOpts, Labels } = request;
	const foreign = () =>
		denial(policy, "scope", `the volume ${JSON.stringify(Name)} is not this socket's own`);
	// Before a conflict of drivers or options could tell of one that is somebody else's.
	const existing = Name === "" ? undefined : await find(volumes, Name);
	if (existing !== undefined && !isOwn(policy, existing.Labels)) throw foreign();
	const volume = await volumes.create({
		...(Name === "" ? {} : { Name }),
		...(Driver === undefined ? {} : { Driver }),
		...(DriverOpts === undefined ? {} : { DriverOpts: { ...DriverOpts } }),
		Labels: ownLabels(policy, Labels),
	});
	if (!isOwn(policy, volume.Labels)) throw foreign();
	return volume;
}

async function find(volumes: Pick<VolumeBackend, "inspect">, name: string): Promise<Volume | undefined> {
	try {
		return await volumes.inspect(name);
	} catch (error) {
		if (isEngineError(error, "not_found") || isEngineError(error, "invalid_argument")) return undefined;
		throw error;
	}
}
