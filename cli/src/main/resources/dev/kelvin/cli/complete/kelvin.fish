# fish completion for kelvin: the program itself says what a word may become.
function __kelvin_complete
    set -l words (commandline -opc)
    set -l answer (command $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null)
    if test (count $answer) -gt 1
        printf '%s\n' $answer[2..-1]
    end
    if test "$answer[1]" = files
        __fish_complete_path (commandline -ct)
    end
end
complete -c kelvin -f -a '(__kelvin_complete)'
