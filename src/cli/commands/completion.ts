import { completionScripts } from "../completion/scripts.ts";
import { CommandFailure } from "../failure.ts";
import { defineCommand } from "../flags/command.ts";

export const command = defineCommand({
	usage: "bash|zsh|fish",
	description:
		"Prints a script that the shell loads; names of containers, images, volumes and networks come from the engine.",
	examples: [
		["completion bash > /etc/bash_completion.d/hull", "for everybody who uses bash"],
		["completion zsh > ~/.zfunc/_hull", "zsh, with ~/.zfunc in fpath"],
		["completion fish > ~/.config/fish/completions/hull.fish", "fish"],
	],
	flags: [],
	arguments: { min: 1, max: 1 },
	completes: ["none"],
	async run(context, { arguments: [shell] }) {
		const script = completionScripts[shell!];
		if (script === undefined)
			throw new CommandFailure(`unknown shell ${JSON.stringify(shell)}: bash, zsh and fish are known`);
		context.out(script);
	},
});
