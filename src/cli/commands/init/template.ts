import type { Files } from "./files.ts";
import { nodeTemplate } from "./node.ts";
import type { Project } from "./project.ts";
import { goTemplate, javaTemplate, pythonTemplate, rustTemplate, staticTemplate } from "./templates.ts";

export interface Template {
	readonly dockerfile: string;
	readonly ignore: string;
	/** A command line to go on with. */
	readonly next: string;
}

/** What is written for a project: dependencies before sources, so that they stay cached; no root at run time. */
export function templateOf(project: Project): Template {
	const { dockerfile, ignore, port } = filesOf(project);
	const publish = port === undefined ? "" : ` -p ${port}:${port}`;
	return {
		dockerfile: `${dockerfile.trim().replaceAll(/\n{3,}/g, "\n\n")}\n`,
		ignore: [...common, ...ignore].map((line) => `${line}\n`).join(""),
		next: `hull build -t app . && hull run --rm${publish} app`,
	};
}

const common = [
	...["# Not sent to builds.", ".git", ".gitignore", ".dockerignore", "Dockerfile*", "compose*.yaml"],
	...[".env", ".env.*", "*.pem", "*.key", ".idea", ".vscode", ".DS_Store", "*.log"],
];

function filesOf(project: Project): Files {
	switch (project.kind) {
		case "node":
			return nodeTemplate(project);
		case "python":
			return pythonTemplate(project);
		case "go":
			return goTemplate(project);
		case "java":
			return javaTemplate(project);
		case "rust":
			return rustTemplate(project);
		case "static":
			return staticTemplate(project);
	}
}
