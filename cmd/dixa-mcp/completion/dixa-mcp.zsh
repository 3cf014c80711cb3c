#compdef dixa-mcp
# Completion of dixa-mcp for zsh. Add to ~/.zshrc: source <(dixa-mcp completion zsh)
_dixa_mcp() {
    local line files=0
    local -a found
    while IFS= read -r line; do
        if [[ $line == :files* ]]; then
            files=1
        else
            found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done < <("${words[1]/#\~/$HOME}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( files )); then
        _files
    else
        _describe 'dixa-mcp' found
    fi
}
if [[ ${funcstack[1]} == _dixa_mcp ]]; then
    _dixa_mcp "$@"
else
    compdef _dixa_mcp dixa-mcp
fi
