"""Guest programs for lessons and tasks: short, real, and each with a point. assemble(HELLO) makes it machine code."""

HELLO = """
        mov si, text            ; ds:si walks over the text
        mov dx, 0x3f8           ; the serial port
next:   lodsb
        test al, al
        jz done
        out dx, al              ; the only instruction here that is anybody else's business
        jmp next
done:   hlt
text:   db 'hello', 0
"""

POPF = """
        sti                     ; interrupts on
        pushf                   ; remember that
        cli                     ; no interrupts from here …
        popf                    ; … to here: back to what it was
        pushf
        pop ax                  ; bit 9 of ax: are interrupts on?
        mov dx, 0x3f8
        test ax, 0x200
        mov al, 'y'
        jnz said
        mov al, 'n'
said:   out dx, al
        cli
        hlt
"""

TABLES = """
        lgdt [mine]             ; privileged: sets the table register
        sgdt [seen]             ; sensitive, but not privileged: reads it
        mov ax, [seen+2]        ; the base, which is 0x2345 …
        mov dx, 0x3f8
        out dx, al
        mov al, ah
        out dx, al              ; … unless this is somebody else's machine
        hlt
mine:   dw 0x3f, 0x2345, 0
seen:   dw 0, 0, 0
"""

TIMER = """
        mov word [8*4], tick    ; vector 8: the timer
        mov word [8*4+2], 0
        mov al, 0x34
        out 0x43, al
        mov ax, 11932           ; 1,193,182 Hz / 11,932 = 100 times a second
        out 0x40, al
        mov al, ah
        out 0x40, al
        sti
wait:   hlt                     ; sleep until something happens
        cmp byte [ticks], 3
        jb wait
        cli
        hlt                     ; for good
tick:   push ax
        inc byte [ticks]
        mov al, '.'
        mov dx, 0x3f8
        out dx, al
        mov al, 0x20            ; end of interrupt: without it there is no next one
        out 0x20, al
        pop ax
        iret
ticks:  db 0
"""

SCREEN = """
        mov ax, 0xb800          ; the text screen is memory – of a device
        mov es, ax
        xor di, di
        mov si, text
next:   lodsb
        test al, al
        jz done
        mov ah, 0x1f            ; white on blue
        stosw                   ; character and colour
        jmp next
done:   hlt
text:   db 'VM', 0
"""

REGISTERS = """
        mov ax, 0xd000
        mov ds, ax
        mov word [0], 40        ; a write to a device
        add word [0], 2         ; a read and a write
        mov ax, [0]             ; a read
        hlt
"""

CLOCK = """
        mov al, 4               ; register 4 of the CMOS clock: the hour
        out 0x70, al
        in al, 0x71
        mov dx, 0x3f8
        mov ah, al
        shr al, 4               ; two decimal digits in a byte
        add al, '0'
        out dx, al
        mov al, ah
        and al, 0x0f
        add al, '0'
        out dx, al
        hlt
"""

SYSTEM_CALL = """
        mov word [0x80*4], kernel
        mov word [0x80*4+2], 0
        mov al, '!'
        int 0x80                ; a program asks its kernel
        hlt
kernel: mov dx, 0x3f8
        out dx, al
        iret
"""

DIVIDE = """
        mov word [0], handler   ; vector 0: division error
        mov word [2], 0
        mov ax, 1
        xor bl, bl
        div bl                  ; a fault: the address pushed is that of this instruction
        hlt
handler:
        mov al, '0'
        mov dx, 0x3f8
        out dx, al
        pop ax                  ; step over the div: 2 bytes
        add ax, 2
        push ax
        iret
"""

ALL = {
    "hello": HELLO,
    "popf": POPF,
    "tables": TABLES,
    "timer": TIMER,
    "screen": SCREEN,
    "registers": REGISTERS,
    "clock": CLOCK,
    "system call": SYSTEM_CALL,
    "divide": DIVIDE,
}
