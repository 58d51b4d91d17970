import { CommandFailure } from "../../failure.ts";
import { compileTemplate } from "./compile.ts";
import { TemplateError } from "./error.ts";

/** {@link compileTemplate} for commands: its errors end the command with docker's words. */
export function templateFor(source: string): (data: unknown) => string {
	const template = guarded(() => compileTemplate(source));
	return (data) => guarded(() => template(data));
}

function guarded<Result>(run: () => Result): Result {
	try {
		return run();
	} catch (error) {
		if (!(error instanceof TemplateError)) throw error;
		throw new CommandFailure(`failed to ${error.stage} template: ${error.message}`, { cause: error });
	}
}
