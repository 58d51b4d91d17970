import { EngineError } from "../../lib/index.ts";
import type { Process, RuntimeSpec } from "../../oci/index.ts";
import { capabilitySets, containerCapabilities } from "./capabilities.ts";
import { processEnv } from "./environment.ts";
import type { SpecHost } from "./input.ts";
import type { ResolvedUser } from "./user.ts";

export interface ExecInput {
	/** The spec that the container runs with. */
	readonly container: Pick<RuntimeSpec, "process">;
	readonly args: readonly string[];
	readonly hostname: string;
	/** The container's own variables (image and create request, merged), without Docker's defaults. */
	readonly containerEnv: readonly string[];
	/** Over the container's variables; a bare `KEY` removes one. */
	readonly env: readonly string[];
	/** Empty: the container's. */
	readonly workingDir: string;
	/** Looked up from the exec's user, or the container's when it names none. */
	readonly user: ResolvedUser;
	readonly terminal: boolean;
	readonly consoleSize?: { readonly height: number; readonly width: number };
	readonly privileged: boolean;
	readonly host: SpecHost;
}

/** The process of an exec: the container's, with what the exec asks for in its place. Errors: `invalid_argument`. */
export function buildExecProcess(input: ExecInput): Process {
	if (input.args.length === 0) throw new EngineError("invalid_argument", "No exec command specified");
	if (input.workingDir !== "" && !input.workingDir.startsWith("/"))
		throw new EngineError(
			"invalid_argument",
			`the working directory '${input.workingDir}' is invalid, it needs to be an absolute path`,
		);
	const base = input.container.process;
	const process: Process = {
		...base,
		terminal: input.terminal,
		user: { uid: input.user.uid, gid: input.user.gid, additionalGids: [...input.user.additionalGids] },
		args: [...input.args],
		// From the start, so that HOME and TERM are the exec's own unless the container sets them.
		env: processEnv({
			hostname: input.hostname,
			terminal: input.terminal,
			home: input.user.home,
			env: [...input.containerEnv, ...input.env],
		}),
		cwd: input.workingDir === "" ? base.cwd : input.workingDir,
	};
	delete process.consoleSize;
	if (input.terminal && input.consoleSize !== undefined) process.consoleSize = { ...input.consoleSize };
	if (input.privileged)
		process.capabilities = capabilitySets(containerCapabilities({ privileged: true }, input.host));
	return process;
}
