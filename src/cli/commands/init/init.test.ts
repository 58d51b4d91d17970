import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lintDockerfile } from "../../../builder/index.ts";
import { command } from "../init.ts";
import { findProject } from "./project.ts";
import { templateOf } from "./template.ts";

const projects: Readonly<Record<string, Readonly<Record<string, string>>>> = {
	"node with a build": {
		"package.json": '{"scripts":{"build":"tsc","start":"node dist/x.js"}}',
		"package-lock.json": "{}",
	},
	"node without a lock": { "package.json": '{"main":"app.js"}' },
	"node with pnpm": { "package.json": "{}", "pnpm-lock.yaml": "" },
	"node that cannot be read": { "package.json": "{" },
	bun: { "package.json": "{}", "bun.lock": "" },
	"python with requirements": { "requirements.txt": "flask", "app.py": "" },
	"python with a project": { "pyproject.toml": "" },
	"python with nothing": { "main.py": "" },
	go: { "go.mod": "module x\n\ngo 1.23.4\n", "go.sum": "", "cmd/web/main.go": "" },
	"java with maven": { "pom.xml": "" },
	"java with gradle": { "build.gradle.kts": "", gradlew: "" },
	rust: { "Cargo.toml": '[package]\nname = "web-server"\n', "Cargo.lock": "" },
	static: { "index.html": "" },
	"static in a folder": { "public/index.html": "" },
};

function withProject<Result>(
	files: Readonly<Record<string, string>>,
	use: (folder: string) => Result,
): Result {
	const folder = mkdtempSync(join(tmpdir(), "hull-init-"));
	try {
		for (const [name, text] of Object.entries(files)) {
			mkdirSync(dirname(join(folder, name)), { recursive: true });
			writeFileSync(join(folder, name), text);
		}
		return use(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

for (const [name, files] of Object.entries(projects))
	test(`what is written for ${name} can be read, and the checks have nothing to say`, () => {
		const project = withProject(files, (folder) => findProject(folder));
		expect(project).toBeDefined();
		const { dockerfile, ignore } = templateOf(project!);
		const env = ["PATH=/bin"];
		const options = { buildArgs: new Map(), ignore, image: () => ({ env, platform: hostless }) };
		expect(lintDockerfile(dockerfile, options).warnings).toEqual([]);
		expect(dockerfile).not.toContain("\n\n\n");
	});

const hostless = { os: "linux", architecture: "amd64" };

test("the version of a go module and its program are taken from its files", () => {
	const project = withProject(projects["go"]!, (folder) => findProject(folder));
	const { dockerfile } = templateOf(project!);
	expect(dockerfile).toContain("ARG GO_VERSION=1.23\n");
	expect(dockerfile).toContain("-o /app ./cmd/web\n");
});

test("what is there is not overwritten", () => {
	withProject({ "go.mod": "", Dockerfile: "FROM mine\n" }, (folder) => {
		const run = async () =>
			command.run({ out() {} } as never, { flags: {}, given: new Set(), arguments: [folder] } as never);
		expect(run()).rejects.toThrow("is there already");
		expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toBe("FROM mine\n");
	});
});
