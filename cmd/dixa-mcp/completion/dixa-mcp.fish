# Completion of dixa-mcp for fish. Run: dixa-mcp completion fish > ~/.config/fish/completions/dixa-mcp.fish
function __dixa_mcp_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    for line in ($program __complete -- $words "$current" 2>/dev/null)
        if string match -q ":files*" -- "$line"
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c dixa-mcp -f -a '(__dixa_mcp_complete)'
