export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The container's variables over the image's: the container's first, then what only the image has, as moby orders
 * them. A bare `KEY` of the container hides the image's variable.
 */
export function mergeImageEnv(container: readonly string[], image: readonly string[]): string[] {
	const names = new Set(container.map(nameOf));
	return [...container, ...image.filter((variable) => !names.has(nameOf(variable)))];
}

/**
 * The environment of a process: Docker's defaults (PATH, HOSTNAME, TERM with a terminal), then the container's
 * variables over them, then HOME unless it is set. A bare `KEY` removes a default.
 */
export function processEnv(options: {
	readonly hostname: string;
	readonly terminal: boolean;
	readonly home: string;
	readonly env: readonly string[];
}): string[] {
	const result = new Map([
		["PATH", `PATH=${defaultPath}`],
		["HOSTNAME", `HOSTNAME=${options.hostname}`],
	]);
	if (options.terminal) result.set("TERM", "TERM=xterm");
	applyVariables(result, options.env);
	// The runtimes would look HOME up themselves; a guest kernel has none to do it.
	if (!result.has("HOME")) result.set("HOME", `HOME=${options.home}`);
	return [...result.values()];
}

function applyVariables(result: Map<string, string>, env: readonly string[]): void {
	for (const variable of env) {
		if (variable.includes("=")) result.set(nameOf(variable), variable);
		else result.delete(variable);
	}
}

function nameOf(variable: string): string {
	const equals = variable.indexOf("=");
	return equals < 0 ? variable : variable.slice(0, equals);
}
