# Completes command lines of enrollkit in fish 3 and later. Written by: enrollkit completion fish
function __enrollkit_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines ($before[1] __complete $before[2..] "=$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            set -l flag (string match -r -- '^--[^=]+=' $current)
            string replace -r -- '^' "$flag" (__fish_complete_path (string replace -- "$flag" '' $current))
        case folders
            set -l flag (string match -r -- '^--[^=]+=' $current)
            string replace -r -- '^' "$flag" (__fish_complete_directories (string replace -- "$flag" '' $current))
        case values
            printf '%s\n' $lines[2..]
    end
end
complete -c enrollkit -f -a '(__enrollkit_complete)'
