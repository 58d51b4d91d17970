import { compileTemplate, TemplateError } from "../../../lib/template/compile.ts";
import { CommandFailure } from "../../failure.ts";

/** {@link compileTemplate} for commands: its errors end the command with docker's words. */
export function templateFor(
	source: string,
	words: (error: TemplateError) => string = ({ stage }) => `failed to ${stage} template`,
): (data: unknown) => string {
	const template = guarded(() => compileTemplate(source), words);
	return (data) => guarded(() => template(data), words);
}

function guarded<Result>(run: () => Result, words: (error: TemplateError) => string): Result {
	try {
		return run();
	} catch (error) {
		if (!(error instanceof TemplateError)) throw error;
		throw new CommandFailure(`${words(error)}: ${error.message}`, { cause: error });
	}
}
