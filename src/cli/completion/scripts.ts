/**
 * What shells load. Each asks `hull __complete WORD…` (the words so far, the unfinished one last) and gets one
 * candidate a line, a tab and its description after it; `:file` or `:folder` alone asks the shell for paths.
 */
const bash = `# bash completion for hull
_hull() {
	local line value
	local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
	# COMP_WORDBREAKS cuts at "=" and ":"; the program wants whole words.
	if declare -F _get_comp_words_by_ref >/dev/null; then
		local cur cword
		_get_comp_words_by_ref -n "=:" -c cur -w words -i cword
		words=("\${words[@]:1:cword}")
	fi
	local current="\${words[\${#words[@]}-1]}"
	COMPREPLY=()
	while IFS= read -r line; do
		case "$line" in
			:file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "\${current#*=}"); return ;;
			:folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "\${current#*=}"); return ;;
		esac
		value="\${line%%$'\\t'*}"
		[[ "$value" == *= ]] && compopt -o nospace 2>/dev/null
		COMPREPLY+=("$value")
	done < <("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null)
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$current"
	fi
}
complete -F _hull hull
`;

const zsh = `#compdef hull
_hull() {
	local line value
	local -a candidates
	for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
		case "$line" in
			"") continue ;;
			:file) _files; return ;;
			:folder) _files -/; return ;;
		esac
		value="\${line%%$'\\t'*}"
		if [[ "$line" == *$'\\t'* ]]; then
			candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
		else
			candidates+=("\${value//:/\\\\:}")
		fi
	done
	_describe 'hull' candidates
}
if [ "$funcstack[1]" = "_hull" ]; then
	_hull
else
	compdef _hull hull
fi
`;

const fish = `# fish completion for hull
function __hull_complete
	set -l words (commandline -opc) (commandline -ct)
	for line in (command $words[1] __complete $words[2..-1] 2>/dev/null)
		switch $line
			case :file
				__fish_complete_path (commandline -ct)
			case :folder
				__fish_complete_directories (commandline -ct)
			case '*'
				echo $line
		end
	end
end
complete -c hull -f -a '(__hull_complete)'
`;

export const completionScripts: Readonly<Record<string, string>> = { bash, zsh, fish };
