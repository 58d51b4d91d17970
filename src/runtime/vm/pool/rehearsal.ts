import { buildSpec } from "../../spec/build-spec.ts";
import { readSpecHost } from "../../spec/read-host.ts";
import { seccompProgram } from "../../spec/seccomp-program.ts";
import { clockFields } from "../configure-fields.ts";
import { type GuestField, guestPrepareFields } from "../guest-fields.ts";
import { guestMounts } from "../guest-mounts.ts";

/** What set-up leaves beside the kernel: a layer with the program that is run, and an empty disk to copy. */
export const rehearsalFiles = { layers: "rehearsal.erofs", upper: "rehearsal.ext4" } as const;

/**
 * GUEST_PREPARE of an ordinary container that belongs to nobody: no name, variable or file of a user's ever was in a
 * machine that waits for one.
 */
export function rehearsalFields(layerBytes: number): GuestField[] {
	const { spec } = buildSpec({
		id: "rehearsal",
		args: ["/rehearse", "--rehearse"],
		env: [],
		workingDir: "/",
		terminal: false,
		user: { uid: 0, gid: 0, additionalGids: [0], home: "/root" },
		hostname: "rehearsal",
		namespaces: {
			network: "own",
			pid: { kind: "own" },
			ipc: { kind: "own" },
			uts: { kind: "own" },
			cgroup: "own",
		},
		mounts: [],
		files: {},
		host: readSpecHost(2),
	});
	return [
		["rehearsal", true],
		...guestPrepareFields({
			spec,
			mounts: guestMounts(spec.mounts),
			layers: [{ offset: 0, length: layerBytes }],
			upper: "disk",
			terminal: false,
			openStdin: false,
			stdinOnce: false,
			seccomp: spec.linux.seccomp === undefined ? undefined : seccompProgram(spec.linux.seccomp),
			whole: false,
		}),
	];
}

/** A name and an interface such as most get; the rehearsal's end takes the card away again. */
export function rehearsalIdentity(): GuestField[] {
	return [
		["hostname", "rehearsal"],
		...clockFields(),
		["interface", "eth0"],
		["nic", 0],
		["mac", "02:00:00:00:00:01"],
		["mtu", 1500],
		["address", "192.0.2.2/24"],
		["gateway", "192.0.2.1"],
	];
}
