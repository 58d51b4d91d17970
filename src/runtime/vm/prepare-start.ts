import { type Connection, frameType, type RequestFields } from "../session/index.ts";
import { cardFields, identityFields } from "./configure-fields.ts";
import { guestPrepareFields } from "./guest-fields.ts";
import { listenTo } from "./listen-to.ts";
import type { MachinePlan } from "./plan-machine.ts";

/** What the guest is to run, and on which disks. */
export function guestFields({ spec, mounts, disk, seccomp }: MachinePlan): RequestFields {
	return guestPrepareFields({
		spec: spec.spec,
		mounts,
		layers: disk.extents,
		upper: spec.machine!.root.upper === undefined ? "tmpfs" : "disk",
		terminal: spec.terminal,
		openStdin: spec.openStdin,
		stdinOnce: spec.stdinOnce,
		seccomp,
		whole: spec.machine!.whole,
	});
}

/** Tells the guest what it is to run and be; the requests go out at once. From here on changes of cards are told. */
export async function prepareStart(plan: MachinePlan, connection: Connection): Promise<void> {
	const { spec, sandbox } = plan;
	const connected = sandbox.cards.filter(({ settings }) => settings !== undefined);
	const requests = [
		connection.request(frameType.guestPrepare, guestFields(plan)),
		connection.request(frameType.configure, [
			...identityFields(spec.machine!),
			...connected.flatMap(cardFields),
		]),
	];
	await Promise.all([...requests, listenTo(sandbox, connection)]);
}
