/** Mounts, as the engine's own parser understands them. */
import type { Mount } from "../../api/index.ts";
import { parseBind, parseMount, type RequestedMount } from "../../api/syntax.ts";
import type { AllowedBind, SocketPolicy } from "../contract.ts";
import { denial, quoted } from "../denial.ts";
import { checkLabels } from "./labels.ts";

/** All that a create request mounts, `VolumesFrom` apart. `forbidden`; `invalid_argument` for what is none. */
export function checkMounts(
	policy: SocketPolicy,
	request: {
		readonly binds: readonly string[];
		readonly mounts: readonly Mount[];
		readonly volumeDriver: string;
	},
): RequestedMount[] {
	const { binds, mounts, volumeDriver } = request;
	const found = [...binds.map((bind) => parseBind(bind, volumeDriver)), ...mounts.map(parseMount)];
	for (const mount of found) checkMount(policy, mount);
	return found;
}

export function checkMount(policy: SocketPolicy, mount: RequestedMount): void {
	switch (mount.type) {
		case "bind":
			checkBind(policy, mount);
			return;
		case "volume":
			checkVolumeMount(policy, mount);
			return;
		case "image":
		case "tmpfs":
			return;
		default:
			mount.type satisfies never;
	}
}

/** The folder that allows a path, the one that is nearest to it. */
export function allowingBind({ rules: { binds } }: SocketPolicy, source: string): AllowedBind | undefined {
	return binds
		.filter(({ source: root }) => source === root || source.startsWith(root === "/" ? "/" : `${root}/`))
		.sort((a, b) => b.source.length - a.source.length)[0];
}

function checkBind(policy: SocketPolicy, mount: RequestedMount): void {
	const root = allowingBind(policy, mount.source);
	if (root === undefined)
		throw denial(policy, "binds", `${quoted(mount.source)} of the host is in no folder that may be mounted`);
	if (root.readOnly && !mount.readOnly)
		throw denial(policy, "binds", `${quoted(mount.source)} of the host may be mounted read-only only`);
	if (mount.spec.BindOptions?.HullIdmap !== undefined)
		throw denial(policy, "binds", "whose the host's files are is not the container's choice (idmap)");
	if (!mount.propagation.endsWith("private"))
		throw denial(
			policy,
			"binds",
			`the bind propagation ${mount.propagation} reaches out to the host's mounts`,
		);
}

function checkVolumeMount(policy: SocketPolicy, { source, spec, volumeDriver }: RequestedMount): void {
	const { Labels, DriverConfig } = spec.VolumeOptions ?? {};
	checkLabels(policy, Labels);
	checkVolumeDriver(policy, { driver: volumeDriver, options: DriverConfig?.Options });
	if (source !== "") checkName(policy, "volume", source);
}

/** `forbidden` for an option that the policy does not name: most of them mount what the host has. */
export function checkVolumeDriver(
	policy: SocketPolicy,
	{
		driver,
		options = {},
	}: { readonly driver: string; readonly options: Readonly<Record<string, string>> | undefined },
): void {
	if (driver !== "" && driver !== "local")
		throw denial(policy, "volumeOptions", `the volume driver ${quoted(driver)} is not allowed`);
	const odd = Object.keys(options).find((name) => !policy.rules.volumeOptions.includes(name));
	if (odd !== undefined)
		throw denial(policy, "volumeOptions", `the volume option ${quoted(odd)} is not allowed`);
}

/** `forbidden` for a name that none of the policy's patterns matches. */
export function checkName(policy: SocketPolicy, what: string, name: string): void {
	if (policy.rules.names.some((pattern) => pattern.matches(name))) return;
	throw denial(policy, "names", `no ${what} may be called ${quoted(name)}`);
}
