/**
 * Programs that keep credentials, `docker-credential-NAME`: the verb is an argument, what it is about comes on stdin,
 * the answer is JSON. https://github.com/docker/docker-credential-helpers
 */
import type { RegistryCredentials } from "../../client/index.ts";
import { CommandFailure } from "../failure.ts";

/** A user name that says that the secret is an identity token. */
const tokenUser = "<token>";
const notFound = /credentials not found in native keychain/;

/** `undefined` when the helper has none. */
export async function fromHelper(helper: string, server: string): Promise<RegistryCredentials | undefined> {
	const answer = await run(helper, "get", server);
	if (answer === undefined) return undefined;
	const { Username, Secret } = parse(answer, helper);
	if (typeof Username !== "string" || typeof Secret !== "string")
		throw new CommandFailure(
			`error getting credentials: docker-credential-${helper} gave no user and secret`,
		);
	return Username === tokenUser
		? { username: "", password: "", identitytoken: Secret, serveraddress: server }
		: { username: Username, password: Secret, serveraddress: server };
}

export async function keepInHelper(helper: string, credentials: RegistryCredentials): Promise<void> {
	const { serveraddress, username, password, identitytoken } = credentials;
	const [user, secret] = identitytoken ? [tokenUser, identitytoken] : [username, password];
	await run(helper, "store", JSON.stringify({ ServerURL: serveraddress, Username: user, Secret: secret }));
}

export async function eraseInHelper(helper: string, server: string): Promise<void> {
	await run(helper, "erase", server);
}

/** What it printed; `undefined` when it has no credentials. */
async function run(
	helper: string,
	verb: "get" | "store" | "erase",
	input: string,
): Promise<string | undefined> {
	if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(helper))
		throw new CommandFailure(`${JSON.stringify(helper)} in config.json is no name of a credential helper`);
	const { runCommand } = await import("../../sys/index.ts");
	const program = `docker-credential-${helper}`;
	const result = await runCommand([program, verb], { input });
	if (result === undefined)
		throw new CommandFailure(
			`error getting credentials: exec: "${program}": executable file not found in $PATH`,
		);
	const { exitCode, stdout, stderr } = result;
	if (exitCode === 0) return stdout;
	if (notFound.test(stdout) || notFound.test(stderr)) return undefined;
	const said = (stdout.trim() || stderr.trim()).slice(0, 500);
	throw new CommandFailure(`error getting credentials: ${program} ${verb}: exit ${exitCode}: ${said}`);
}

function parse(text: string, helper: string): Record<string, unknown> {
	try {
		const value: unknown = JSON.parse(text);
		if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
	} catch {
		// The same error as for a wrong shape; the text may hold a secret.
	}
	throw new CommandFailure(`error getting credentials: docker-credential-${helper} gave no JSON object`);
}
