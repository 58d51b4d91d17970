import type { Volume } from "../../api/index.ts";
import { type FilterValues, matchesLabels, parseBoolean } from "../../api/syntax.ts";
import type { Events } from "../../events/index.ts";
import { EngineError } from "../../lib/index.ts";
import type { VolumeBackend } from "../../server/index.ts";
import type { VolumeRecord, Volumes } from "../../volumes/index.ts";

export interface VolumeRooms {
	readonly volumes: Volumes;
	readonly events: Events;
}

/** The volumes room as the routes want it. */
export function volumeBackend({ volumes, events }: VolumeRooms): VolumeBackend {
	return {
		async list(filters) {
			const matches = volumeFilter(volumes, filters);
			return { Volumes: volumes.list().filter(matches).map(toVolume), Warnings: [] };
		},
		async create(request) {
			const name = request.Name ?? "";
			const isNew = name === "" || volumes.find(name) === undefined;
			const volume = volumes.create({
				...(name === "" ? {} : { name }),
				driver: request.Driver || "local",
				labels: request.Labels ?? {},
				options: request.DriverOpts ?? {},
			});
			if (isNew) events.publish("volume", "create", volume.name, { driver: volume.driver });
			return toVolume(volume);
		},
		async inspect(name) {
			return toVolume(volumes.get(name));
		},
		async remove(name, options) {
			const volume = volumes.find(name);
			await volumes.remove(name, options);
			if (volume !== undefined) events.publish("volume", "destroy", name, { driver: volume.driver });
		},
		async prune(filters) {
			// Docker's default is the volumes without a name only.
			const all = parseBoolean("all", filters.get("all")) ?? false;
			const others = new Map([...filters].filter(([key]) => key !== "all"));
			for (const key of others.keys()) {
				if (key !== "label" && key !== "label!")
					throw new EngineError("invalid_argument", `invalid filter '${key}'`);
			}
			const { removed, reclaimedBytes } = await volumes.prune({
				all,
				matches: (volume) => matchesLabels(volume.labels, others),
			});
			for (const name of removed) events.publish("volume", "destroy", name, { driver: "local" });
			events.publish("volume", "prune", "", { reclaimed: String(reclaimedBytes) });
			return { VolumesDeleted: removed, SpaceReclaimed: reclaimedBytes };
		},
	};
}

const known = ["dangling", "driver", "label", "label!", "name"];

function volumeFilter(volumes: Volumes, filters: FilterValues): (volume: VolumeRecord) => boolean {
	for (const key of filters.keys()) {
		if (!known.includes(key)) throw new EngineError("invalid_argument", `invalid filter '${key}'`);
	}
	const dangling = parseBoolean("dangling", filters.get("dangling"));
	const names = (filters.get("name") ?? []).map(namePattern);
	const drivers = filters.get("driver") ?? [];
	return (volume) =>
		(dangling === undefined || dangling === (volumes.usersOf(volume.name).length === 0)) &&
		(names.length === 0 || names.some((matches) => matches(volume.name))) &&
		(drivers.length === 0 || drivers.includes(volume.driver)) &&
		matchesLabels(volume.labels, filters);
}

/** A regular expression as in Docker, which takes one that does not parse for the name itself. */
function namePattern(text: string): (name: string) => boolean {
	try {
		const pattern = new RegExp(text);
		return (name) => pattern.test(name);
	} catch {
		return (name) => name === text;
	}
}

export function toVolume(volume: VolumeRecord): Volume {
	return {
		Name: volume.name,
		Driver: volume.driver,
		Mountpoint: volume.mountpoint,
		CreatedAt: volume.createdAt,
		Labels: { ...volume.labels },
		Scope: "local",
		Options: { ...volume.options },
	};
}
