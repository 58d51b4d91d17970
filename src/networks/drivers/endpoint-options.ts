import { EngineError } from "../../lib/index.ts";

const IFNAME_OPTION = "com.docker.network.endpoint.ifname";
const SYSCTLS_OPTION = "com.docker.network.endpoint.sysctls";

/** A setting of one interface. */
export interface InterfaceSysctl {
	/** Below `/proc/sys`, for the name that the interface gets. */
	path(interfaceName: string): string;
	readonly value: string;
}

export interface EndpointOptions {
	readonly interfaceName: string | undefined;
	readonly sysctls: readonly InterfaceSysctl[];
}

/**
 * Reads an endpoint's driver options. `sysctls` has Docker's form: `net.ipv4.conf.IFNAME.log_martians=1,…`, where IFNAME
 * stands for the name that the interface gets. Errors: `invalid_argument`, also for options that are not known.
 */
export function parseEndpointOptions(options: Readonly<Record<string, string>>): EndpointOptions {
	for (const name of Object.keys(options)) {
		if (name !== IFNAME_OPTION && name !== SYSCTLS_OPTION)
			throw invalid(`the endpoint's driver option ${name} is not supported`);
	}
	return {
		interfaceName: parseInterfaceName(options[IFNAME_OPTION]),
		sysctls: (options[SYSCTLS_OPTION] ?? "")
			.split(",")
			.filter((assignment) => assignment !== "")
			.map(parseSysctl),
	};
}

function parseInterfaceName(value: string | undefined): string | undefined {
	if (value === undefined || value === "") return undefined;
	if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}$/.test(value) && !["lo", "all", "default"].includes(value))
		return value;
	throw invalid(`${IFNAME_OPTION}: ${JSON.stringify(value)} cannot be the name of an interface`);
}

function parseSysctl(assignment: string): InterfaceSysctl {
	const match = /^net\.([a-z0-9]+)\.([a-z0-9]+)\.IFNAME\.([a-z0-9_]+)=(.*)$/.exec(assignment.trim());
	if (match === null) {
		throw invalid(
			`${SYSCTLS_OPTION}: ${JSON.stringify(assignment)} does not have the form net.X.Y.IFNAME.Z=value`,
		);
	}
	const [, protocol, group, setting, value] = match as unknown as [string, string, string, string, string];
	return { path: (interfaceName) => `net/${protocol}/${group}/${interfaceName}/${setting}`, value };
}

function invalid(message: string): EngineError {
	return new EngineError("invalid_argument", message);
}
