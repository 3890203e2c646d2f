# A guest that proves an accelerator. It is a firmware image for a PC: the processor starts in it,
# with no boot loader and no operating system, and it uses what the kernel of a 64-bit guest cannot
# do without: long mode, page faults and changes of page tables, SSE2, port input/output, the local
# APIC's timer, user mode and system calls. After each part it writes a line "NAME VALUE" to the
# first serial port; the values are known in advance. It ends, as it would on any surprise, in a
# triple fault, for which "-no-reboot" makes QEMU end.
#
# probe.bin is the last 4 KiB of the image, made with GNU binutils by
#   as --64 -o probe.o probe.S
#   ld -m elf_x86_64 -Ttext=0xfffff000 --oformat binary -o probe.bin probe.o
# and a test checks that it is what this source gives.

        .set    PML4,      0x10000      # maps all 4 GiB one to one, with pages of 2 MiB
        .set    PDPT,      0x11000
        .set    PD,        0x12000      # four of them
        .set    LAZY_PDPT, 0x16000      # the region that is mapped by page faults
        .set    LAZY_PD,   0x17000
        .set    LAZY_PT,   0x18000      # eight of them: 4096 pages of 4 KiB
        .set    IDT,       0x20000
        .set    TICKS,     0x21000      # counter of timer interrupts
        .set    FAULTS,    0x21008      # counter of page faults
        .set    ROUND,     0x21010      # how the pages of the lazy region are shuffled
        .set    CALLS,     0x21018      # counter of system calls
        .set    STACK,     0x30000
        .set    USER_STACK,0x38000
        .set    FRAMES,    0x1000000    # 4096 pages of memory behind the lazy region
        .set    LAZY,      0x8000000000 # where the region is: 512 GiB
        .set    TABLE,     0x100000
        .set    TABLE_SIZE,0x40000
        .set    APIC,      0xfee00000

        .set    MIXES,     10000000     # rounds of the generator in kernel mode
        .set    USER_MIXES,1000000      # and in user mode
        .set    TERMS,     1000000      # of the sum 1/1 + 1/2 + ...
        .set    EXITS,     4000         # writes to port 0x80
        .set    TIMERS,    50           # timer interrupts
        .set    SYSCALLS,  5000

        .text
        .globl  _start
_start:

# --- 16-bit real mode: CS has the base 0xffff0000, so this page is at CS:0xf000 ---
        .code16
start16:
        cli
        cld
        data32 lgdt %cs:(gdtr - _start + 0xf000)
        mov     %cr0, %eax
        or      $1, %al                         # PE
        mov     %eax, %cr0
        ljmpl   $0x08, $start32

# --- 32-bit protected mode: page tables, then long mode ---
        .code32
start32:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $STACK, %esp

        mov     $PML4, %edi                     # clear all tables and counters
        xor     %eax, %eax
        mov     $((0x22000 - PML4) / 4), %ecx
        rep stosl

        movl    $(PDPT + 7), PML4               # present, writable, for user mode too
        movl    $(LAZY_PDPT + 7), PML4 + 8
        movl    $(LAZY_PD + 7), LAZY_PDPT
        xor     %ecx, %ecx
1:      mov     %ecx, %eax                      # four page directories
        shl     $12, %eax
        add     $(PD + 7), %eax
        mov     %eax, PDPT(,%ecx,8)
        inc     %ecx
        cmp     $4, %ecx
        jb      1b
        xor     %ecx, %ecx
1:      mov     %ecx, %eax                      # 2048 pages of 2 MiB
        shl     $21, %eax
        or      $0x87, %eax
        mov     %eax, PD(,%ecx,8)
        inc     %ecx
        cmp     $2048, %ecx
        jb      1b
        xor     %ecx, %ecx
1:      mov     %ecx, %eax                      # eight tables of the lazy region
        shl     $12, %eax
        add     $(LAZY_PT + 7), %eax
        mov     %eax, LAZY_PD(,%ecx,8)
        inc     %ecx
        cmp     $8, %ecx
        jb      1b

        mov     $0x620, %eax                    # CR4: PAE, OSFXSR, OSXMMEXCPT
        mov     %eax, %cr4
        mov     $PML4, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx               # EFER: LME, SCE
        rdmsr
        or      $0x101, %eax
        wrmsr
        mov     %cr0, %eax
        and     $~0x4, %eax                     # no EM: SSE is there
        or      $0x80010002, %eax               # PG, WP, MP
        mov     %eax, %cr0
        ljmp    $0x18, $start64

# --- 64-bit mode ---
        .code64
start64:
        mov     $0x20, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $STACK, %rsp

        # Interrupt gates for page faults (14) and the timer (32).
        mov     $page_fault, %eax
        mov     $(IDT + 14 * 16), %edi
        call    gate
        mov     $timer, %eax
        mov     $(IDT + 32 * 16), %edi
        call    gate
        lidt    idtr(%rip)

        # long-mode: EFER says that long mode is on and active.
        mov     $0xc0000080, %ecx
        rdmsr
        and     $0x500, %eax
        mov     $name_long, %esi
        call    report

        # integers: a generator that works on a table in memory, in kernel mode.
        mov     $TABLE, %edi
        xor     %eax, %eax
        mov     $(TABLE_SIZE / 8), %ecx
        rep stosq
        mov     $functions, %ebp
        mov     $MIXES, %ecx
        call    mix
        mov     $name_integers, %esi
        call    report

        # floats: the harmonic sum, whose every rounding IEEE 754 fixes.
        mov     $TERMS, %ecx
        mov     $1, %eax
        xorpd   %xmm0, %xmm0
        cvtsi2sd %rax, %xmm1                    # 1.0
        xorpd   %xmm2, %xmm2
1:      addsd   %xmm1, %xmm2                    # k
        movapd  %xmm1, %xmm3
        divsd   %xmm2, %xmm3
        addsd   %xmm3, %xmm0
        dec     %ecx
        jnz     1b
        movq    %xmm0, %rax
        mov     $name_floats, %esi
        call    report

        # paging: four times, map 4096 pages by page faults in another order, write each through
        # its mapping, read all in the order of the memory.
        xor     %r8d, %r8d                      # the hash
2:      mov     $LAZY_PT, %edi
        xor     %eax, %eax
        mov     $4096, %ecx
        rep stosq
        mov     %cr3, %rax                      # forget the old mappings
        mov     %rax, %cr3
        mov     $LAZY, %rdi
        xor     %ecx, %ecx
3:      mov     ROUND, %eax
        shl     $12, %eax
        add     %ecx, %eax
        mov     %rax, (%rdi)                    # faults: page_fault maps the page
        add     $4096, %rdi
        inc     %ecx
        cmp     $4096, %ecx
        jb      3b
        mov     $FRAMES, %edi
        mov     $4096, %ecx
4:      imul    $31, %r8, %r8
        add     (%rdi), %r8
        add     $4096, %rdi
        dec     %ecx
        jnz     4b
        incl    ROUND
        cmpl    $4, ROUND
        jb      2b
        mov     %r8, %rax
        mov     $name_paging, %esi
        call    report
        mov     FAULTS, %eax
        mov     $name_faults, %esi
        call    report

        # exits: each write to a port leaves the guest.
        mov     $EXITS, %ecx
1:      mov     %ecx, %eax
        out     %al, $0x80
        dec     %ecx
        jnz     1b
        mov     $EXITS, %eax
        mov     $name_exits, %esi
        call    report

        # timer: the local APIC counts at 1 GHz and interrupts every half millisecond; the guest
        # sleeps in between.
        mov     $0xff, %al                      # nothing from the old interrupt controllers
        out     %al, $0x21
        out     %al, $0xa1
        mov     $APIC, %edi
        movl    $0x1ff, 0xf0(%rdi)              # enable
        movl    $0xb, 0x3e0(%rdi)               # divide by 1
        movl    $0x20020, 0x320(%rdi)           # periodic, vector 32
        movl    $500000, 0x380(%rdi)
1:      cli
        cmpl    $TIMERS, TICKS
        jae     2f
        sti                                     # takes effect after hlt has begun
        hlt
        jmp     1b
2:      movl    $0x10000, 0x320(%rdi)           # mask
        mov     $TIMERS, %eax
        mov     $name_timer, %esi
        call    report

        # user-mode: computes there, calls the kernel, and comes back through the last call.
        mov     $0xc0000081, %ecx               # STAR: the segments of both sides
        xor     %eax, %eax
        mov     $0x002b0018, %edx
        wrmsr
        mov     $0xc0000082, %ecx               # LSTAR: the entry
        mov     $system_call, %eax
        xor     %edx, %edx
        wrmsr
        mov     $0xc0000084, %ecx               # FMASK: interrupts off
        mov     $0x200, %eax
        xor     %edx, %edx
        wrmsr
        pushq   $0x33                           # SS
        pushq   $USER_STACK
        pushq   $0x2                            # flags
        pushq   $0x3b                           # CS
        mov     $user, %eax
        push    %rax
        iretq
back:                                           # r12 has the value, r13 how many calls came back
        mov     $0x20, %eax
        mov     %eax, %ss
        mov     $STACK, %rsp
        mov     %r12, %rax
        mov     $name_user, %esi
        call    report
        mov     CALLS, %eax
        mov     $name_calls, %esi
        call    report

        lidt    nothing(%rip)                   # the end: an interrupt that nothing handles
        int3

user:   mov     $functions, %ebp
        mov     $USER_MIXES, %ecx
        call    mix
        mov     %rax, %r12
        mov     $SYSCALLS, %r13d
1:      mov     %r13d, %edi
        syscall
        dec     %r13d
        jnz     1b
        xor     %edi, %edi
        syscall                                 # with 0: the end

system_call:                                    # rcx has the way back, r11 the flags
        test    %edi, %edi
        jz      back
        incl    CALLS
        sysretq

page_fault:                                     # maps page i to frame (1973 i + round) mod 4096
        push    %rax
        push    %rdx
        mov     %cr2, %rax
        shr     $12, %rax
        and     $0xfff, %eax
        imul    $1973, %eax, %edx
        add     ROUND, %edx
        and     $0xfff, %edx
        shl     $12, %edx
        add     $(FRAMES + 3), %edx             # present, writable
        mov     %rdx, LAZY_PT(,%rax,8)
        incl    FAULTS
        pop     %rdx
        pop     %rax
        add     $8, %rsp                        # the error code
        iretq

timer:  incl    TICKS
        movl    $0, 0xb0(%rdi)                  # end of interrupt; rdi is APIC
        iretq

# Marsaglia's xorshift generator; each round calls one of four functions with a place in the table
# that the generator chooses. ecx = rounds; gives rax, the sum of what the functions have seen.
mix:    mov     $88172645463325252, %rax
        xor     %r9d, %r9d
1:      mov     %rax, %rdx
        shl     $13, %rdx
        xor     %rdx, %rax
        mov     %rax, %rdx
        shr     $7, %rdx
        xor     %rdx, %rax
        mov     %rax, %rdx
        shl     $17, %rdx
        xor     %rdx, %rax
        mov     %eax, %edx
        and     $(TABLE_SIZE - 8), %edx
        add     $TABLE, %edx
        mov     %ecx, %ebx
        and     $3, %ebx
        mov     (%rbp,%rbx,8), %rbx             # rbp is functions
        call    *%rbx
        dec     %ecx
        jnz     1b
        mov     %r9, %rax
        ret

add:    add     %rax, (%rdx)
        ret
exor:   xor     (%rdx), %r9
        ret
store:  mov     %rax, (%rdx)
        ret
rotate: rolq    $9, (%rdx)
        add     (%rdx), %r9
        ret

gate:   mov     %ax, (%rdi)                     # a gate at rdi for the handler eax
        movw    $0x18, 2(%rdi)
        movw    $0x8e00, 4(%rdi)
        shr     $16, %eax
        mov     %ax, 6(%rdi)
        ret

report: push    %rax                            # writes the name at rsi, a blank, rax in hexadecimal
1:      lodsb
        test    %al, %al
        jz      2f
        call    put
        jmp     1b
2:      pop     %rbx
        mov     $digits, %ebp
        mov     $16, %ecx
3:      rol     $4, %rbx
        mov     %ebx, %eax
        and     $0xf, %eax
        mov     (%rbp,%rax), %al
        call    put
        dec     %ecx
        jnz     3b
        mov     $'\n', %al
put:    mov     %al, %ah                        # writes al
        mov     $0x3fd, %dx
1:      in      (%dx), %al                      # until the transmitter is empty
        test    $0x20, %al
        jz      1b
        mov     $0x3f8, %dx
        mov     %ah, %al
        out     %al, %dx
        ret

digits:         .ascii  "0123456789abcdef"
name_long:      .asciz  "long-mode "
name_integers:  .asciz  "integers "
name_floats:    .asciz  "floats "
name_paging:    .asciz  "paging "
name_faults:    .asciz  "faults "
name_exits:     .asciz  "exits "
name_timer:     .asciz  "timer "
name_user:      .asciz  "user-mode "
name_calls:     .asciz  "calls "

        .balign 8
functions:
        .quad   add, exor, store, rotate
gdt:    .quad   0
        .quad   0x00cf9b000000ffff              # 0x08 code, 32 bits
        .quad   0x00cf93000000ffff              # 0x10 data
        .quad   0x00af9b000000ffff              # 0x18 code, 64 bits
        .quad   0x00cf93000000ffff              # 0x20 data, 64 bits
        .quad   0                               # 0x28 unused: SYSRET counts from here
        .quad   0x00cff3000000ffff              # 0x30 data of user mode
        .quad   0x00affb000000ffff              # 0x38 code of user mode
gdtr:   .word   . - gdt - 1
        .long   gdt
idtr:   .word   33 * 16 - 1
        .quad   IDT
nothing:.word   0
        .quad   0

# --- the reset vector ---
        .org    0xff0
        .code16
        jmp     start16
        .org    0x1000
