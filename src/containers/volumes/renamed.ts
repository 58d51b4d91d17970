import type { HostConfig } from "../../api/index.ts";
import type { Context } from "../context.ts";
import type { ContainerMount, ContainerRecord } from "../record/record.ts";

/** Which containers' records change with a volume's name, and how. Pure but for reading the registry. */
export function renamedUsers(context: Context, from: string, to: string): ContainerRecord[] {
	return [...context.registry.all()]
		.map(({ record }) => record)
		.filter(({ mounts }) => mounts.some((mount) => mount.type === "volume" && mount.name === from))
		.map((record) => withRenamedVolume(record, from, to));
}

/** The mounts, and what inspect shows of the request: `Binds` and `Mounts` are what a copy would be made from. */
export function withRenamedVolume(record: ContainerRecord, from: string, to: string): ContainerRecord {
	const { Binds: binds, Mounts: mounts } = record.hostConfig;
	const hostConfig: HostConfig = {
		...record.hostConfig,
		...(binds === undefined
			? {}
			: { Binds: binds.map((bind) => (bind.startsWith(`${from}:`) ? to + bind.slice(from.length) : bind)) }),
		...(mounts === undefined
			? {}
			: {
					Mounts: mounts.map((mount) =>
						mount.Type === "volume" && mount.Source === from ? { ...mount, Source: to } : mount,
					),
				}),
	};
	const renamed = record.mounts.map(
		(mount): ContainerMount =>
			mount.type === "volume" && mount.name === from ? { ...mount, name: to } : mount,
	);
	return { ...record, hostConfig, mounts: renamed };
}

/** Gives a volume another name, in the records of its users too; all or nothing. */
export function renameVolumeOfUsers(
	context: Context,
	names: { readonly from: string; readonly to: string },
): void {
	const records = renamedUsers(context, names.from, names.to);
	context.volumes.rename(names.from, names.to, () => {
		for (const record of records) context.documents.put(record.id, record);
	});
	for (const record of records) context.registry.byId(record.id)!.record = record;
}
