"""Guests for the lesson: small systems, each with one habit. The data lies at fixed places, so that a changed source
(paravirtualization) does not move it.
"""

HELLO = """
        mov si, text
        mov dx, 0x3f8       ; the serial port
next:   mov al, [si]
        cmp al, 0
        je done
        out dx, al
        inc si
        jmp next
done:   cli
        hlt
text:   db 'Hello', 0
"""
"""Writes to the serial port, letter by letter, and halts."""

QUIET = """
        mov word [0x20], tick   ; vector 8, the timer's
        mov word [0x22], 0
        cli                     ; nobody may disturb
        mov al, 0x34            ; the timer, every 1193 ticks: 1 ms
        out 0x43, al
        mov al, 0xa9
        out 0x40, al
        mov al, 0x04
        out 0x40, al
        mov dx, 0x3f8
        mov al, '('
        out dx, al
        mov al, ')'
        out dx, al
        sti                     ; now they may
        hlt                     ; until the timer ticks
        cli
        hlt
tick:   push ax
        push dx
        mov dx, 0x3f8
        mov al, 't'
        out dx, al
        mov al, 0x20            ; tell the interrupt controller
        out 0x20, al
        pop dx
        pop ax
        iret
"""
"""Switches interrupts off with cli and on again with sti, then waits for the timer."""

LOCK = QUIET.replace(
    "cli                     ; nobody may disturb", "sti\n        pushf                   ; as it was\n        cli", 1
).replace("sti                     ; now they may", "popf                    ; as it was before", 1)
"""The same, as kernels do it: pushf / cli … popf puts the flag back as it was found."""

RING = """
        mov ax, cs
        and al, 3               ; the ring
        add al, '0'
        mov dx, 0x3f8
        out dx, al
        cli
        hlt
"""
"""Prints the ring in which it runs."""

TABLES = """
        sidt [0x2000]
        sgdt [0x2010]
        smsw ax
        mov [0x2020], ax
        cli
        hlt
"""
"""Notes where the interrupt table lies, where the descriptor table, and the machine status word."""

PAINT = """
        mov ax, 0xb800          ; the text screen is memory
        mov es, ax
        mov word [es:0], 0x0748
        mov word [es:2], 0x0769
        cli
        hlt
"""
"""Writes 'Hi' to the text screen: memory-mapped I/O."""

CHANGES_ITSELF = """
        cli
        mov cx, 2
again:  nop                     ; the second time: pushf
        mov byte [again], 0x9c
        loop again
        pop bx
        and bx, 0x200           ; the interrupt flag
        hlt
"""
"""Turns a nop of its own into a pushf, in code that has run already."""
