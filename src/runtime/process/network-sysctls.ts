import { EngineError } from "../../lib/index.ts";
import { writeSysctl } from "../../sys/index.ts";

/**
 * Sets the `net.*` sysctls in the sandbox's network namespace and gives those that are left to the runtime. The
 * runtimes refuse them: to them the namespace that they were started in is the host's.
 * Errors: `invalid_argument` that names the setting.
 */
export function applyNetworkSysctls(
	sysctls: Readonly<Record<string, string>>,
	netnsFd: number | undefined,
): Record<string, string> {
	const rest: Record<string, string> = {};
	for (const [name, value] of Object.entries(sysctls)) {
		if (!name.startsWith("net.")) rest[name] = value;
		else if (netnsFd === undefined)
			throw new EngineError(
				"invalid_argument",
				`sysctl ${JSON.stringify(name)} not allowed in host network namespace`,
			);
		else set(name, value, netnsFd);
	}
	return rest;
}

function set(name: string, value: string, netnsFd: number): void {
	const problem = (text: string, cause?: unknown) =>
		new EngineError("invalid_argument", `sysctl ${JSON.stringify(name)} cannot be set to ${value}: ${text}`, {
			cause,
		});
	let known: boolean;
	try {
		known = writeSysctl(name.replaceAll(".", "/"), value, netnsFd);
	} catch (error) {
		throw problem((error as Error).message, error);
	}
	if (!known) throw problem("the kernel does not have it");
}
