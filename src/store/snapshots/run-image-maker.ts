import { EngineError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";

/**
 * A program that makes a file system image reads what foreigners wrote: it gets no network, no other's memory, and
 * of root's rights only reading every file and the `trusted` attributes (that is what CAP_SYS_ADMIN is for).
 */
const confinement = [
	"unshare",
	"--net",
	"--ipc",
	"--uts",
	"setpriv",
	"--no-new-privs",
	"--inh-caps=-all",
	"--bounding-set=-all,+dac_override,+dac_read_search,+sys_admin",
];

/** Errors: `no_space`; `unavailable` with what the program said, or the package that has it. */
export async function runImageMaker(
	command: readonly string[],
	from: { readonly package: string },
): Promise<void> {
	const [program] = command;
	const result = await runCommand([...confinement, ...command]);
	if (result?.exitCode === 0) return;
	const reason = `${result?.stderr ?? "no program unshare"}`.trim();
	if (/No space left on device|Disk quota exceeded/.test(reason))
		throw new EngineError("no_space", `${program}: no space left on device`);
	if (result?.exitCode === 127)
		throw new EngineError(
			"unavailable",
			`no program ${program}, which virtual machines need: install the package ${from.package}`,
		);
	throw new EngineError("unavailable", `${program} failed: ${reason.slice(-1024)}`);
}
