import { spawnSync } from "node:child_process";
import { run, say } from "./run.mjs";

/** Installs what is missing. Services that a package brings are not started. */
export function installDebianPackages(packages) {
	const missing = missingPackages(packages);
	if (missing.length === 0) return;
	say(`installing Debian packages: ${missing.join(" ")}`);
	const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
	const install = ["install", "-y", "-qq", "--no-install-recommends", ...missing];
	if (spawnSync("apt-get", install, { env: environment, stdio: "ignore" }).status === 0) return;
	say("refreshing the package lists");
	run("apt-get", ["update", "-qq"], { env: environment });
	run("apt-get", install, { env: environment });
}

function missingPackages(packages) {
	// biome-ignore lint/suspicious/noTemplateCurlyInString: a dpkg-query format
	const format = "${Package} ${db:Status-Status}\n";
	const result = spawnSync("dpkg-query", ["-W", "-f", format, ...packages], {
		encoding: "utf8",
	});
	const installed = new Set(
		result.stdout
			.split("\n")
			.filter((line) => line.endsWith(" installed"))
			.map((line) => line.split(" ")[0]),
	);
	return packages.filter((name) => !installed.has(name));
}
