import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CommandFailure } from "../failure.ts";
import { defineCommand } from "../flags/command.ts";
import { findProject, type Kind, kinds } from "./init/project.ts";
import { templateOf } from "./init/template.ts";

export const command = defineCommand({
	usage: "[OPTIONS] [PATH]",
	description:
		"Looks at the project in a folder and writes a Dockerfile and a .dockerignore for it. What is there already is never overwritten.",
	examples: [
		["init", "for the project here"],
		["init --print --kind go", "see it first"],
	],
	flags: [
		{ kind: "text", name: "kind", choices: kinds, help: "Kind of the project, where it cannot be told" },
		{ kind: "switch", name: "print", help: "Print the Dockerfile, write nothing" },
	],
	arguments: { min: 0, max: 1 },
	completes: ["folder"],
	async run(context, { flags, arguments: [folder = "."] }) {
		if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
			throw new CommandFailure(`${folder}: no such directory`);
		const project = findProject(folder, flags.kind as Kind | undefined);
		if (project === undefined)
			throw new CommandFailure(
				`${folder}: no project that is known (${kinds.join(", ")}); choose one with --kind`,
			);
		const { dockerfile, ignore, next } = templateOf(project);
		if (flags.print) return context.out(dockerfile);
		const path = join(folder, "Dockerfile");
		if (existsSync(path)) throw new CommandFailure(`${path} is there already; it stays as it is`);
		write(path, dockerfile);
		context.out(`${path}: for a ${project.kind} project\n`);
		const ignorePath = join(folder, ".dockerignore");
		if (existsSync(ignorePath)) context.out(`${ignorePath}: is there already, stays as it is\n`);
		else {
			write(ignorePath, ignore);
			context.out(`${ignorePath}: what is not sent to builds\n`);
		}
		context.out(`\nNext: ${next}\n`);
	},
});

/** Fails where somebody else has just made the file. */
function write(path: string, text: string): void {
	writeFileSync(path, text, { flag: "wx" });
}
