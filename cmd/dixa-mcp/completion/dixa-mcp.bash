# Completion of dixa-mcp for bash. Add to ~/.bashrc: source <(dixa-mcp completion bash)
_dixa_mcp() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files* ]]; then
            compopt -o default 2>/dev/null
        else
            COMPREPLY+=("${line%%$'\t'*}")
        fi
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _dixa_mcp dixa-mcp
