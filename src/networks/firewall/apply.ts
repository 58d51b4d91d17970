import { EngineError } from "../../lib/index.ts";
import { runCommand } from "../../sys/index.ts";

/**
 * Applies an nftables script in one transaction. `started` is told which process does it: the kernel says that of every
 * change. Errors: `unavailable` when nft is missing or refuses.
 */
export async function applyRuleset(script: string, started: (pid: number) => void = () => {}): Promise<void> {
	const result = await runCommand(["nft", "-f", "-"], { input: script, started });
	if (result === undefined) {
		throw new EngineError(
			"unavailable",
			"the program nft is needed for the containers' network and is not installed (package nftables)",
		);
	}
	if (result.exitCode !== 0)
		throw new EngineError("unavailable", `nft refused the firewall rules: ${result.stderr.trim()}`);
}
